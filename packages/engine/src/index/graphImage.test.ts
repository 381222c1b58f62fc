import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { noDeadline, SeededRandom } from "@akidb/base";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { nodeDisk } from "../adapters/nodeDisk.ts";
import { Builders } from "../builders/builders.ts";
import type { Disk } from "../disk/disk.ts";
import { type Fault, faultyDisk } from "../wal/faultyDisk.test.disk.ts";
import { GraphIndex, type GraphIndexOptions } from "./graphIndex.ts";
import { GrowingIndex } from "./growingIndex.ts";
import type { ImageFile, SealedFiles } from "./indexImage.ts";

const dimension = 16;
const builders = new Builders({ threadCount: 2 });
const options: GraphIndexOptions = {
  dimension,
  metric: "l2",
  builders,
  quantization: "int8",
  linksMax: 8,
  efConstruction: 50,
  efSearch: 50,
  segmentRowsMax: 384,
};
let directory: string;

afterAll(() => builders.close());
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "akidb-image-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

const random = new SeededRandom(3);
const randomVector = () => Float32Array.from({ length: dimension }, () => random.nextGaussian());

function add(index: GraphIndex | GrowingIndex, count: number): void {
  index.reserve(count);
  for (let row = 0; row < count; row++) index.add(randomVector());
  index.publish();
}

async function untilLinked(index: GraphIndex, tailMax = 0): Promise<void> {
  while (index.tailCount > tailMax) await new Promise((resolve) => setTimeout(resolve, 1));
}

interface Writing {
  readonly disk?: Disk;
  readonly sealedFiles?: SealedFiles;
  readonly signal?: AbortSignal;
}

const defaults = () => ({ disk: nodeDisk, sealedFiles: new WeakMap(), signal: new AbortController().signal });

async function write(index: GraphIndex, name: string, writing: Writing = {}): Promise<readonly ImageFile[]> {
  const target = { ...defaults(), ...writing, directory: join(directory, name) };
  await nodeDisk.makeDirectory(target.directory);
  await index.pauseLinking();
  try {
    return await index.image().write(target);
  } finally {
    index.resumeLinking();
  }
}

const load = (name: string, files: readonly ImageFile[], overrides: Partial<GraphIndexOptions> = {}) =>
  GraphIndex.load(
    { ...options, ...overrides },
    {
      kind: "graph",
      disk: nodeDisk,
      directory: join(directory, name),
      name,
      files: new Map(files.map((file) => [file.name, file])),
      sealedFiles: new WeakMap(),
    },
  );

function sealedFilesOf(name: string, files: readonly ImageFile[]): SealedFiles {
  const sealed: SealedFiles = new WeakMap();
  for (const { sealed: segment, ...file } of files) {
    if (segment !== undefined) sealed.set(segment, { ...file, path: join(directory, name, file.name) });
  }
  return sealed;
}

const inode = (name: string, file: string) => statSync(join(directory, name, file)).ino;

describe("an image of a graph index", () => {
  it("takes over the files of full, wholly linked segments, whatever dies in them", async () => {
    const index = new GraphIndex(options);
    add(index, 900);
    await untilLinked(index);
    const first = await write(index, "first");
    expect(first.map(({ name, sealed }) => [name, sealed !== undefined])).toEqual([
      ["segment-0", true],
      ["segment-1", true],
      ["segment-2", false],
      ["tombstones", false],
    ]);
    for (const row of [0, 383, 384, 850]) index.remove(row);
    add(index, 10);
    const second = await write(index, "second", { sealedFiles: sealedFilesOf("first", first) });
    for (const file of ["segment-0", "segment-1"]) expect(inode("second", file)).toBe(inode("first", file));
    expect(inode("second", "segment-2")).not.toBe(inode("first", "segment-2"));

    for (const [name, files, dead] of [
      ["first", first, []],
      ["second", second, [0, 383, 384, 850]],
    ] as const) {
      const loaded = await load(name, files);
      const rows = Array.from({ length: 900 }, (_, row) => row);
      expect(rows.filter((row) => loaded.isDead(row))).toEqual(dead);
      for (const row of rows) expect(loaded.vectorOf(row)).toEqual(index.vectorOf(row));
      await loaded.close();
    }
    await index.close();
  });

  it("is written whole where the file system has no hard links", async () => {
    const index = new GraphIndex(options);
    add(index, 500);
    await untilLinked(index);
    const first = await write(index, "first");
    const disk = {
      ...nodeDisk,
      link: async () => {
        throw Object.assign(new Error("EPERM"), { code: "EPERM" });
      },
    };
    const second = await write(index, "second", { disk, sealedFiles: sealedFilesOf("first", first) });
    expect(inode("second", "segment-0")).not.toBe(inode("first", "segment-0"));
    const contents = ({ name, bytes, checksum }: ImageFile) => ({ name, bytes, checksum });
    expect(second.map(contents)).toEqual(first.map(contents));
    await index.close();
  });

  it("keeps the capacity of its segments, whatever is the rule today", async () => {
    const index = new GraphIndex(options);
    add(index, 500);
    const files = await write(index, "first");
    const loaded = await load("first", files, { segmentRowsMax: 224 });
    // 268 rows more fit the second segment; then come segments of 224.
    add(loaded, 700);
    await untilLinked(loaded);
    const again = await write(loaded, "second");
    expect(again.map(({ name }) => name)).toEqual([
      "segment-0",
      "segment-1",
      "segment-2",
      "segment-3",
      "tombstones",
    ]);
    const reloaded = await load("second", again);
    for (let row = 0; row < 1_200; row++) expect(reloaded.vectorOf(row)).toEqual(loaded.vectorOf(row));
    for (let row = 0; row < 1_200; row += 7) {
      const { rows } = await reloaded.search(loaded.vectorOf(row), { k: 1, ef: 400 }, noDeadline());
      expect([...rows]).toEqual([row]);
    }
    for (const each of [index, loaded, reloaded]) await each.close();
  });

  it("gives each segment back to builders once its graph is written", async () => {
    const index = new GraphIndex({ ...options, segmentRowsMax: 100_000 });
    add(index, 6_000);
    let linkedAtGraph: number | undefined;
    const signal = new AbortController().signal;
    const disk = faultyDisk(nodeDisk, (operation) => {
      if (operation === "write") linkedAtGraph ??= index.linkedCount;
    });
    const files = await write(index, "first", { disk, signal });
    expect(linkedAtGraph).toBeLessThan(6_000);
    const loaded = await load("first", files, { segmentRowsMax: 100_000 });
    expect(loaded.linkedCount).toBeGreaterThanOrEqual(linkedAtGraph!);
    await untilLinked(index);
    await untilLinked(loaded);
    for (const each of [index, loaded]) await each.close();
  });

  it.each<[string, Fault | "abort"]>([
    ["fails", () => {}],
    ["is given up", "abort"],
  ])("that %s leaves the builders at work, and files that are not named", async (_, how) => {
    const index = new GraphIndex(options);
    add(index, 1_500);
    const controller = new AbortController();
    let writes = 0;
    const disk = faultyDisk(nodeDisk, (operation) => {
      if (operation !== "write" || ++writes !== 9) return;
      if (how === "abort") controller.abort(new Error("given up"));
      else throw new Error("ENOSPC");
    });
    const writing = write(index, "first", { disk, signal: controller.signal });
    await expect(writing).rejects.toThrow(how === "abort" ? "given up" : "ENOSPC");
    for (const name of await nodeDisk.list(join(directory, "first"))) expect(name).not.toContain(".tmp");
    await untilLinked(index);
    const files = await write(index, "second");
    const loaded = await load("second", files);
    expect(loaded.linkedCount).toBe(1_500);
    for (const each of [index, loaded]) await each.close();
  });

  it("can be taken while an index becomes a graph", async () => {
    const index = new GrowingIndex({ ...options, threshold: 100 });
    add(index, 90);
    const pausing = index.pauseLinking();
    add(index, 300);
    await pausing;
    const image = index.image();
    expect(image).toMatchObject({ kind: "graph", rowCount: 390, linkedCount: 0 });
    const target = { ...defaults(), directory };
    const files = await image.write(target);
    index.resumeLinking();
    const loaded = await load(".", files);
    await untilLinked(loaded);
    while (index.tailCount > 0) await new Promise((resolve) => setTimeout(resolve, 1));
    for (const each of [index, loaded]) await each.close();
  });
});

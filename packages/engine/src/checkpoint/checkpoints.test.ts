import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { type CollectionId, SeededRandom } from "@akidb/base";
import { crc32c } from "@node-rs/crc32";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { nodeDisk } from "../adapters/nodeDisk.ts";
import { Builders } from "../builders/builders.ts";
import { DamagedFileError } from "../damagedFileError.ts";
import type { Disk } from "../disk/disk.ts";
import { stoppingDisk } from "../disk/stoppingDisk.test.disk.ts";
import { unsyncedDisk } from "../disk/unsyncedDisk.test.disk.ts";
import { parseFilter } from "../filter/parseFilter.ts";
import { GrowingIndex, type GrowingIndexOptions } from "../index/growingIndex.ts";
import { PayloadIndex } from "../payload/payloadIndex.ts";
import { countRows } from "../payload/rowBitset.ts";
import { payloadFileName, readPayloadFile } from "../payload/stored/payloadFile.ts";
import { faultyDisk } from "../wal/faultyDisk.test.disk.ts";
import { Checkpoints, type CheckpointWrite } from "./checkpoints.ts";
import { readRowsFile } from "./rowsFile.ts";

const dimension = 16;
const collectionId = "01890000-0000-7000-8000-000000000001" as CollectionId;
const builders = new Builders({ threadCount: 1 });
const graph: GrowingIndexOptions = {
  dimension,
  metric: "l2",
  builders,
  quantization: "int8",
  linksMax: 8,
  efConstruction: 50,
  efSearch: 50,
  threshold: 100,
  segmentRowsMax: 64,
};
const payloadOptions = { fieldsMax: 10, distinctMax: 10_000 };
let directory: string;
let graveyard: string;

afterAll(() => builders.close());
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "akidb-checkpoints-"));
  graveyard = mkdtempSync(join(tmpdir(), "akidb-graveyard-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
  rmSync(graveyard, { recursive: true });
});

const quickDisk = unsyncedDisk(nodeDisk);
const storeOf = (disk: Disk = quickDisk) =>
  new Checkpoints({ disk, directory, collectionId, dimension, metric: "l2" });

const random = new SeededRandom(9);

/** An index whose rows say which they are, and rows that say it, too: what is loaded must fit together. */
class Model {
  readonly index: GrowingIndex;
  readonly payload: PayloadIndex;
  rowCount = 0;

  constructor(index = new GrowingIndex(graph), payload = new PayloadIndex(payloadOptions)) {
    this.index = index;
    this.payload = payload;
  }

  grow(count: number): void {
    this.index.reserve(count);
    for (let n = 0; n < count; n++) {
      this.payload.add(this.rowCount, { row: this.rowCount, name: `row ${this.rowCount}` });
      this.index.add(vectorOf(this.rowCount++));
    }
    for (let row = this.rowCount - count; row < this.rowCount; row += 5) this.index.remove(row);
    this.index.publish();
  }

  async untilLinked(): Promise<void> {
    while (this.index.tailCount > 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }

  async write(checkpoints: Checkpoints, lsn: number, write: Partial<CheckpointWrite> = {}) {
    await this.index.pauseLinking();
    try {
      const rows = { words: [this.rowCount], parts: [rowsOf(this.rowCount)] };
      const { signal } = new AbortController();
      using payload = this.payload.image(this.rowCount);
      return await checkpoints.write(
        { lsn, index: this.index.image(), rows, payload },
        { signal, settle: async () => {}, ...write },
      );
    } finally {
      this.index.resumeLinking();
    }
  }
}

const vectorOf = (row: number) => Float32Array.from({ length: dimension }, (_, i) => row * (i + 1));
const rowsOf = (count: number) => Uint8Array.from({ length: count }, (_, row) => row % 251);

/** @returns the model as it was at the checkpoint, and its LSN */
async function load(checkpoints: Checkpoints) {
  const { loaded, damages } = await checkpoints.loadNewest(async (stored) => {
    const index = await GrowingIndex.load(graph, stored);
    let rows = new Uint8Array();
    await readRowsFile(stored, ([count]) => {
      rows = new Uint8Array(count!);
      return [rows];
    });
    const payload = await readPayloadFile(stored, rows.length, payloadOptions);
    const model = new Model(index, payload);
    model.rowCount = rows.length;
    const found = payload!.find(
      parseFilter({ row: { $gte: 0 }, name: { $prefix: "row " } }),
      2 * rows.length,
    );
    expect(countRows(found.lower)).toBe(rows.length);
    expect(rows).toEqual(rowsOf(rows.length));
    const strange = [...rows.keys()].filter((row) => !isDeepStrictEqual(index.vectorOf(row), vectorOf(row)));
    expect(strange).toEqual([]);
    return { model, lsn: stored.manifest.lsn };
  });
  return { loaded, damages: damages.map(({ message }) => message) };
}

const names = () => readdirSync(directory).map((name) => name.replace(/^0+/, ""));
const pathOf = (lsn: number, file = "") => join(directory, String(lsn).padStart(20, "0"), file);

describe("checkpoints", () => {
  it("are loaded as they were written, flat and as a graph, and the newest two are kept", async () => {
    const checkpoints = storeOf();
    expect(await load(checkpoints)).toEqual({ loaded: undefined, damages: [] });
    const model = new Model();
    const sizes: number[] = [];
    for (let lsn = 1; lsn <= 6; lsn++) {
      model.grow(40);
      sizes.push(model.rowCount);
      const { manifest } = await model.write(checkpoints, 10 * lsn);
      expect(manifest.index).toBe(lsn < 3 ? "flat" : "graph");
      expect(checkpoints.newest?.lsn).toBe(10 * lsn);
      expect(checkpoints.coveredLsn).toBe(lsn < 2 ? 0 : 10 * (lsn - 1));
      expect(names()).toEqual(lsn < 2 ? ["10"] : [`${10 * (lsn - 1)}`, `${10 * lsn}`]);
      const again = storeOf();
      const { loaded } = await load(again);
      expect([loaded?.lsn, loaded?.model.rowCount]).toEqual([10 * lsn, model.rowCount]);
      expect(again.coveredLsn).toBe(checkpoints.coveredLsn);
    }
    rmSync(pathOf(60), { recursive: true });
    expect((await load(storeOf())).loaded).toMatchObject({ lsn: 50, model: { rowCount: sizes[4] } });
  });

  it("share the files of full segments, which outlive the first that had them", async () => {
    const checkpoints = storeOf();
    const model = new Model();
    for (let lsn = 1; lsn <= 5; lsn++) {
      model.grow(130);
      await model.untilLinked();
      await model.write(checkpoints, lsn);
      expect((await load(storeOf())).loaded?.model.rowCount).toBe(130 * lsn);
    }
    const { manifest } = checkpoints.newest!;
    const ofSegments = manifest.files.filter(({ name }) => name.startsWith("segment"));
    expect(ofSegments.map(({ isSealed }) => isSealed)).toEqual(ofSegments.map((_, n) => n < 10));
    const total = manifest.files.reduce((sum, { bytes }) => sum + bytes, 0);
    expect(checkpoints.bytes).toBeLessThan(1.5 * total);
    // A collection that was opened goes on with the files that it was loaded from.
    const reopened = storeOf();
    const { loaded } = await load(reopened);
    let links = 0;
    const disk: Disk = {
      ...quickDisk,
      link: (from, to) => {
        links += 1;
        return quickDisk.link(from, to);
      },
    };
    const counting = storeOf(disk);
    const { loaded: anew } = await load(counting);
    anew!.model.grow(10);
    await anew!.model.write(counting, 6);
    expect(links).toBe(10);
    await loaded!.model.index.close();
  });

  it("may be several of one LSN", async () => {
    const checkpoints = storeOf();
    const model = new Model();
    model.grow(150);
    for (let n = 0; n < 4; n++) await model.write(checkpoints, 7);
    expect(names()).toEqual(["7-3", "7-4"]);
    expect(checkpoints.coveredLsn).toBe(7);
    expect((await load(storeOf())).loaded?.lsn).toBe(7);
  });

  it("that were not completed are removed", async () => {
    const checkpoints = storeOf();
    const model = new Model();
    model.grow(20);
    await model.write(checkpoints, 1);
    cpSync(pathOf(1), pathOf(2), { recursive: true });
    rmSync(pathOf(2, "MANIFEST.json"));
    mkdirSync(pathOf(3));
    writeFileSync(pathOf(3, "MANIFEST.json.tmp"), "{");
    writeFileSync(join(directory, "notes"), "somebody's");
    const again = storeOf();
    expect((await load(again)).loaded?.lsn).toBe(1);
    await again.tidy();
    expect(names()).toEqual(["1", "notes"]);
  });
});

describe("a damaged checkpoint", () => {
  const files = ["MANIFEST.json", "rows", "tombstones", "segment-0", "segment-2", payloadFileName];

  async function writeTwo(): Promise<void> {
    const checkpoints = storeOf();
    const model = new Model();
    model.grow(150);
    await model.write(checkpoints, 1);
    model.grow(30);
    await model.write(checkpoints, 2);
  }

  const ways: readonly (readonly [string, (path: string) => void])[] = [
    ["flipped", (path) => flip(path)],
    ["cut off", (path) => truncateSync(path, Math.floor(readFileSync(path).length / 2))],
    ["emptied", (path) => truncateSync(path, 0)],
    ["longer", (path) => writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.of(1)]))],
  ];
  const flip = (path: string) => {
    const bytes = readFileSync(path);
    bytes[random.nextInt(bytes.length)]! ^= 0x80;
    writeFileSync(path, bytes);
  };

  it.each(files.flatMap((file) => ways.map(([way, damage]) => ({ file, way, damage }))))(
    "with $file $way is named, put aside, and the older one is used",
    async ({ file, damage }) => {
      await writeTwo();
      // Of a full segment, both checkpoints have the same file.
      writeFileSync(`${pathOf(2, file)}.own`, readFileSync(pathOf(2, file)));
      renameSync(`${pathOf(2, file)}.own`, pathOf(2, file));
      damage(pathOf(2, file));
      const checkpoints = storeOf();
      const { loaded, damages } = await load(checkpoints);
      expect(loaded).toMatchObject({ lsn: 1, model: { rowCount: 150 } });
      expect(damages).toEqual([expect.stringContaining(`checkpoint/00000000000000000002/${file}: `)]);
      // Nothing is touched before the collection is known to be whole without it.
      expect(names()).toEqual(["1", "2"]);
      await checkpoints.tidy();
      expect(names()).toEqual(["1", "2.damaged"]);
      // And it goes on from there.
      loaded!.model.grow(30);
      await loaded!.model.write(checkpoints, 2);
      flip(pathOf(2, "rows"));
      const again = storeOf();
      expect((await load(again)).loaded?.lsn).toBe(1);
      await again.tidy();
      expect(names()).toEqual(["1", "2.damaged", "2.damaged-2"]);
    },
  );

  it("with a file that both have leaves none, and both where they are", async () => {
    const checkpoints = storeOf();
    const model = new Model();
    model.grow(150);
    await model.untilLinked();
    await model.write(checkpoints, 1);
    await model.write(checkpoints, 2);
    flip(pathOf(2, "segment-0"));
    const { loaded, damages } = await load(storeOf());
    expect(loaded).toBeUndefined();
    expect(damages).toEqual(["2", "1"].map((lsn) => expect.stringContaining(`${lsn}/segment-0: `)));
    expect(names()).toEqual(["1", "2"]);
  });

  it.each(files.slice(1))("that lacks %s is, too", async (file) => {
    await writeTwo();
    rmSync(pathOf(2, file));
    const { loaded, damages } = await load(storeOf());
    expect(loaded?.lsn).toBe(1);
    expect(damages).toEqual([`checkpoint/00000000000000000002/${file}: is missing`]);
  });

  it.each(files.slice(1))("with the %s of another one is, too", async (file) => {
    await writeTwo();
    const other = file === "segment-0" ? pathOf(2, "segment-2") : pathOf(1, file);
    const bytes = readFileSync(other);
    rmSync(pathOf(2, file));
    writeFileSync(pathOf(2, file), bytes);
    const { loaded, damages } = await load(storeOf());
    expect(loaded?.lsn).toBe(1);
    expect(damages).toHaveLength(1);
  });

  it("is found by its manifest whichever byte of that flips", async () => {
    await writeTwo();
    const whole = readFileSync(pathOf(2, "MANIFEST.json"));
    for (let at = 0; at < whole.length; at++) {
      const bytes = Buffer.from(whole);
      bytes[at]! ^= 1 << random.nextInt(8);
      writeFileSync(pathOf(2, "MANIFEST.json"), bytes);
      const checkpoints = storeOf();
      const { loaded } = await checkpoints.loadNewest(async ({ manifest }) => manifest);
      // A space that becomes another says the same.
      if (loaded?.lsn === 2) expect(JSON.parse(bytes.toString())).toEqual(JSON.parse(whole.toString()));
      else expect(loaded?.lsn).toBe(1);
    }
  });

  it("is not what a newer version wrote: it is left alone, and nothing older is used", async () => {
    await writeTwo();
    const { crc32c: _, ...fields } = JSON.parse(readFileSync(pathOf(2, "MANIFEST.json"), "utf8"));
    fields.format_version = 3;
    const checksum = crc32c(JSON.stringify(fields)).toString(16).padStart(8, "0");
    writeFileSync(pathOf(2, "MANIFEST.json"), JSON.stringify({ ...fields, crc32c: checksum }));
    await expect(load(storeOf())).rejects.toThrow(/manifest format 3 by a newer AkiDB/);
    expect(names()).toEqual(["1", "2"]);
  });

  it("is not one that there is no memory for", async () => {
    await writeTwo();
    const loading = storeOf().loadNewest(() => Promise.reject(new RangeError("no memory")));
    await expect(loading).rejects.toThrow("no memory");
    expect(names()).toEqual(["1", "2"]);
  });

  it("is one of another collection", async () => {
    await writeTwo();
    const other = new Checkpoints({
      disk: quickDisk,
      directory,
      collectionId: "01890000-0000-7000-8000-000000000002" as CollectionId,
      dimension,
      metric: "l2",
    });
    const { loaded, damages } = await other.loadNewest(async () => true);
    expect(loaded).toBeUndefined();
    expect(damages).toHaveLength(2);
    expect(damages[0]).toBeInstanceOf(DamagedFileError);
    expect(damages[0]?.message).toMatch(/is of collectionId .*1, not .*2/);
  });
});

describe("a checkpoint that does without a damaged file", () => {
  it("leaves it, killed at any operation of that or not", async () => {
    const model = new Model();
    model.grow(150);
    const { manifest } = await model.write(storeOf(), 1);
    const template = `${directory}-template`;
    cpSync(directory, template, { recursive: true });
    const loadSpared = (checkpoints: Checkpoints) =>
      checkpoints.loadNewest(async ({ files, spare }) => {
        if (files.has(payloadFileName)) spare(payloadFileName);
        return files;
      });
    try {
      for (let operationsMax = 0; ; operationsMax++) {
        rmSync(directory, { recursive: true });
        cpSync(template, directory, { recursive: true });
        const { disk, isStopped, cutPower } = stoppingDisk(quickDisk, { operationsMax, graveyard });
        const checkpoints = storeOf(disk);
        await loadSpared(checkpoints)
          .then(
            () => checkpoints.tidy(),
            () => {},
          )
          .catch(() => {});
        await cutPower();
        const again = storeOf();
        const { loaded, damages } = await loadSpared(again);
        expect(damages).toEqual([]);
        expect([...loaded!.keys()]).toEqual(expect.arrayContaining(["rows", "tombstones"]));
        await again.tidy();
        expect(again.newest?.manifest).toEqual({
          ...manifest,
          files: manifest.files.filter(({ name }) => name !== payloadFileName),
        });
        const left = readdirSync(pathOf(1));
        expect(left.filter((name) => name.startsWith("MANIFEST"))).toEqual(["MANIFEST.json"]);
        if (!isStopped()) {
          expect(left).toContain("payload.damaged");
          break;
        }
      }
    } finally {
      rmSync(template, { recursive: true });
    }
  });
});

describe("a checkpoint that fails", () => {
  it.each(["createFile", "write", "sync", "rename"] as const)(
    "at any %s leaves everything as it was, and the next one succeeds",
    async (operation) => {
      let failing = Number.POSITIVE_INFINITY;
      let attempted = 0;
      const disk = faultyDisk(quickDisk, (each) => {
        if (each === operation && ++attempted === failing) {
          throw Object.assign(new Error("ENOSPC"), { code: "ENOSPC" });
        }
      });
      const checkpoints = storeOf(disk);
      const model = new Model();
      model.grow(150);
      await model.write(checkpoints, 1);
      const before = [names(), checkpoints.newest, checkpoints.bytes];
      for (failing = 1; ; failing++) {
        attempted = 0;
        model.grow(5);
        const outcome = await model.write(checkpoints, 1 + failing).catch((error: Error) => error.message);
        if (typeof outcome !== "string") break;
        expect(outcome).toBe("ENOSPC");
        expect([names(), checkpoints.newest, checkpoints.bytes]).toEqual(before);
      }
      expect(failing).toBeGreaterThan(4);
      expect((await load(storeOf())).loaded).toMatchObject({
        lsn: 1 + failing,
        model: { rowCount: model.rowCount },
      });
    },
  );

  it("or is given up, or cannot be settled, is none", async () => {
    const checkpoints = storeOf();
    const model = new Model();
    model.grow(150);
    const controller = new AbortController();
    const settling = model.write(checkpoints, 1, { settle: () => Promise.reject(new Error("not durable")) });
    await expect(settling).rejects.toThrow("not durable");
    const { signal } = controller;
    const settle = async () => controller.abort(new Error("given up"));
    await expect(model.write(checkpoints, 1, { signal, settle })).rejects.toThrow("given up");
    await expect(model.write(checkpoints, 1, { signal })).rejects.toThrow("given up");
    expect(names()).toEqual([]);
    expect(checkpoints.newest).toBeUndefined();
  });

  it.each(["killed", "without power"])(
    "because the process is %s, at any operation, leaves the one before or a whole new one",
    async (how) => {
      const first = new Model();
      first.grow(150);
      await first.untilLinked();
      await first.write(storeOf(), 1);
      first.grow(40);
      const template = `${directory}-template`;
      cpSync(directory, template, { recursive: true });
      try {
        for (let operationsMax = 0; ; operationsMax++) {
          rmSync(directory, { recursive: true });
          cpSync(template, directory, { recursive: true });
          const { disk, isStopped, cutPower } = stoppingDisk(quickDisk, { operationsMax, graveyard });
          const checkpoints = storeOf(disk);
          const { loaded } = await load(checkpoints);
          loaded!.model.grow(40);
          // Three, so that one is removed.
          let acknowledged = 1;
          for (const lsn of [2, 3]) {
            const written = await loaded!.model.write(checkpoints, lsn).catch(() => undefined);
            if (written !== undefined) acknowledged = lsn;
            loaded!.model.grow(5);
          }
          if (how === "without power") await cutPower();
          const again = storeOf();
          const found = await load(again);
          expect(found.damages).toEqual([]);
          expect(found.loaded!.lsn).toBeGreaterThanOrEqual(acknowledged);
          const rowCounts = [150, 190, 195];
          expect(found.loaded!.model.rowCount).toBe(rowCounts[found.loaded!.lsn - 1]);
          await again.tidy();
          expect(names().length).toBeLessThanOrEqual(2);
          await found.loaded!.model.write(again, 9);
          expect((await load(storeOf())).loaded?.lsn).toBe(9);
          await Promise.all([loaded!.model.index.close(), found.loaded!.model.index.close()]);
          if (!isStopped()) break;
        }
      } finally {
        rmSync(template, { recursive: true });
      }
    },
    60_000,
  );
});

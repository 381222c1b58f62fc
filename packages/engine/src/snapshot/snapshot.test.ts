import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import {
  type CollectionId,
  type Document,
  SeededRandom,
  type SnapshotId,
  systemClock,
  systemRandom,
  UuidV7Generator,
} from "@akidb/base";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { nodeDisk } from "../adapters/nodeDisk.ts";
import { Builders } from "../builders/builders.ts";
import { Collection, createCollectionFiles } from "../collection/collection.ts";
import type { OpenCollectionOptions } from "../collection/openCollectionOptions.ts";
import type { Disk } from "../disk/disk.ts";
import { stoppingDisk } from "../disk/stoppingDisk.test.disk.ts";
import { unsyncedDisk } from "../disk/unsyncedDisk.test.disk.ts";
import { readSnapshotManifest } from "./readSnapshotManifest.ts";
import { restoreSnapshot } from "./restoreSnapshot.ts";

const dimension = 16;
const builders = new Builders({ threadCount: 1 });
const ids = new UuidV7Generator(systemClock, systemRandom);
const quickDisk = unsyncedDisk(nodeDisk);
const sourceId = "01890000-0000-7000-8000-000000000001" as CollectionId;
const targetId = "01890000-0000-7000-8000-000000000002" as CollectionId;
const snapshotId = "01890000-0000-7000-8000-000000000003" as SnapshotId;
let root: string;

afterAll(() => builders.close());
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "akidb-snapshot-"));
  await nodeDisk.makeDirectory(join(root, "source"));
  await createCollectionFiles(options("source", sourceId));
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

function options(name: string, collectionId: CollectionId, disk: Disk = quickDisk): OpenCollectionOptions {
  return {
    disk,
    directory: join(root, name),
    collectionId,
    clock: systemClock,
    ids,
    dimension,
    metric: "l2",
    maxDocumentCount: 100_000,
    metadataBytesMax: 1_000,
    recallChecksPerMinute: 0,
    wal: { sync: "always", syncIntervalMs: 5, segmentBytesMax: 65_536 },
    graph: {
      builders,
      quantization: "int8",
      linksMax: 8,
      efConstruction: 50,
      efSearch: 50,
      threshold: 200,
      segmentRowsMax: 256,
    },
  };
}

const shape = { dimension, metric: "l2", hnswM: 8, hnswEfConstruction: 50, quantization: "int8" } as const;
const write = { snapshotId, origin: "manual", compression: "zstd" } as const;
const snapshotDirectory = () => join(root, "snapshot");

async function restore(disk: Disk = quickDisk): Promise<void> {
  const from = snapshotDirectory();
  const manifest = await readSnapshotManifest({ disk, directory: from });
  await restoreSnapshot({
    disk,
    from,
    manifest,
    directory: join(root, "target"),
    collectionId: targetId,
    expected: shape,
    clock: systemClock,
    ids,
  });
}

const documentOf = (key: number, generation: number) => ({
  externalId: `d${key}`,
  vector: Float32Array.from({ length: dimension }, (_, i) => Math.sin(generation * 7_919 + key * 31 + i)),
  text: `text ${generation}`,
  metadata: { key, generation },
});

const contentsOf = (collection: Collection, keyCount: number): readonly (Document | undefined)[] =>
  Array.from({ length: keyCount }, (_, key) => collection.get(`d${key}`, ["metadata", "text", "vector"]));

function filesBelow(directory: string, prefix = ""): readonly string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory()
      ? filesBelow(join(directory, entry.name), `${prefix}${entry.name}/`)
      : [`${prefix}${entry.name}`],
  );
}

/** As a file of its own: links share theirs. */
function damage(path: string, change: (path: string) => void): void {
  writeFileSync(`${path}.own`, readFileSync(path));
  renameSync(`${path}.own`, path);
  change(path);
}

it("shows one moment while writes go on, and is restored bit for bit, graph included", async () => {
  const keyCount = 900;
  const source = await Collection.open(options("source", sourceId));
  await source.upsert(Array.from({ length: keyCount }, (_, key) => documentOf(key, 0)));
  await expect.poll(() => source.stats().indexedCount).toBe(keyCount);

  // One write after the other, each of which moves a document from one generation to the next or deletes it.
  const random = new SeededRandom(11);
  const history: (readonly [key: number, generation: number])[] = [];
  let isDone = false;
  const writing = (async () => {
    for (let generation = 1; !isDone; generation++) {
      const key = random.nextInt(keyCount);
      const isDeletion = random.nextInt(4) === 0;
      history.push([key, isDeletion ? -1 : generation]);
      if (isDeletion) await source.delete([`d${key}`]);
      else await source.upsert([documentOf(key, generation)]);
    }
  })();
  await new Promise((resolve) => setTimeout(resolve, 20));
  const manifest = await source.snapshots.write({ ...write, directory: snapshotDirectory() });
  isDone = true;
  await writing;
  expect(history.length).toBeGreaterThan(5);
  await source.close();

  await restore();
  const target = await Collection.open(options("target", targetId));
  expect(target.stats().documentCount).toBe(manifest.documentCount);
  const found = Array.from(
    { length: keyCount },
    (_, key) => target.get(`d${key}`, ["metadata"])?.metadata?.["generation"] ?? -1,
  );
  const expected: unknown[] = Array.from({ length: keyCount }, () => 0);
  const differing = new Set<number>();
  const compare = (key: number) =>
    expected[key] === found[key] ? differing.delete(key) : differing.add(key);
  for (let key = 0; key < keyCount; key++) compare(key);
  let matchesMoment = differing.size === 0;
  for (const [key, generation] of history) {
    expected[key] = generation;
    compare(key);
    matchesMoment ||= differing.size === 0;
  }
  expect(matchesMoment).toBe(true);

  const checkpoint = `checkpoint/${readdirSync(join(snapshotDirectory(), "checkpoint"))[0]}`;
  for (const file of filesBelow(join(snapshotDirectory(), checkpoint))) {
    if (file === "MANIFEST.json") continue;
    const [kept, restored] = [snapshotDirectory(), join(root, "target")].map((directory) =>
      readFileSync(join(directory, checkpoint, file)),
    );
    expect(restored!.equals(kept!)).toBe(true);
  }
  // It goes on from there.
  await target.upsert([documentOf(0, 77)]);
  await target.close();
  const again = await Collection.open(options("target", targetId));
  expect(again.get("d0", ["metadata"])?.metadata?.["generation"]).toBe(77);
  await again.close();
});

it("is not made of a document that is not what was written, which is named", async () => {
  const source = await Collection.open(options("source", sourceId));
  // Of many words: the full text has no such run of bytes.
  const text = "abc defgh ".repeat(40);
  await source.upsert(Array.from({ length: 300 }, (_, key) => documentOf(key, 0)));
  await source.upsert([{ ...documentOf(100, 1), text }]);
  const { id } = source.get("d100", [])!;
  await source.close();
  const path = join(root, "source", "documents.db");
  const bytes = readFileSync(path);
  bytes[bytes.indexOf(text) + 9]! ^= 1;
  writeFileSync(path, bytes);
  const reopened = await Collection.open(options("source", sourceId));
  const snapshot = reopened.snapshots.write({ ...write, directory: snapshotDirectory() });
  await expect(snapshot).rejects.toMatchObject({
    code: "failed_precondition",
    message: expect.stringContaining(`document ${id} cannot be read`),
  });
  await reopened.close();
});

it("is refused where it is of another shape", async () => {
  const source = await Collection.open(options("source", sourceId));
  await source.snapshots.write({ ...write, directory: snapshotDirectory() });
  await source.close();
  const manifest = await readSnapshotManifest({ disk: quickDisk, directory: snapshotDirectory() });
  const attempt = restoreSnapshot({
    disk: quickDisk,
    from: snapshotDirectory(),
    manifest,
    directory: join(root, "target"),
    collectionId: targetId,
    expected: { ...shape, dimension: 32 },
    clock: systemClock,
    ids,
  });
  await expect(attempt).rejects.toMatchObject({
    code: "failed_precondition",
    message: expect.stringContaining("dimension 16, and this one has 32"),
  });
});

describe("with a damaged file", () => {
  const seed = 23;
  const random = new SeededRandom(seed);
  const changes: Readonly<Record<string, (path: string) => void>> = {
    "a flipped bit": (path) => {
      const bytes = readFileSync(path);
      bytes[random.nextInt(bytes.length)]! ^= 1 << random.nextInt(8);
      writeFileSync(path, bytes);
    },
    "a lost end": (path) => truncateSync(path, statSync(path).size - 1 - random.nextInt(3)),
    "nothing in it": (path) => truncateSync(path, 0),
    "no file": (path) => rmSync(path),
  };
  it.each(Object.keys(changes))(`%s is named, wherever it is (seed ${seed})`, async (name) => {
    const source = await Collection.open(options("source", sourceId));
    await source.upsert(Array.from({ length: 600 }, (_, key) => documentOf(key, 0)));
    await source.snapshots.write({ ...write, directory: snapshotDirectory() });
    await source.close();
    const pristine = join(root, "pristine");
    cpSync(snapshotDirectory(), pristine, { recursive: true });
    for (const file of filesBelow(pristine)) {
      rmSync(snapshotDirectory(), { recursive: true });
      cpSync(pristine, snapshotDirectory(), { recursive: true });
      damage(join(snapshotDirectory(), file), changes[name]!);
      await expect(restore(), file).rejects.toThrow(file.split("/").at(-1)!);
      rmSync(join(root, "target"), { recursive: true, force: true });
    }
  });
});

it("leaves its collection whole and itself without a manifest, wherever the disk stops", async () => {
  const keyCount = 300;
  const source = await Collection.open(options("source", sourceId));
  await source.upsert(Array.from({ length: keyCount }, (_, key) => documentOf(key, 0)));
  const before = contentsOf(source, keyCount);
  await source.close();
  const pristine = join(root, "pristine");
  cpSync(join(root, "source"), pristine, { recursive: true });
  const graveyard = join(root, "graveyard");
  await nodeDisk.makeDirectory(graveyard);

  for (let operationsMax = 0; ; operationsMax += 1) {
    const { disk, isStopped } = stoppingDisk(quickDisk, { operationsMax, graveyard });
    const open = await Collection.open(options("source", sourceId, disk)).catch(() => undefined);
    const written = await open?.snapshots.write({ ...write, directory: snapshotDirectory() }).then(
      () => true,
      () => false,
    );
    const stoppedInside = isStopped();
    await open?.close().catch(() => {});
    const names = await nodeDisk.list(snapshotDirectory());
    if (written) expect(names).toContain("MANIFEST.json");
    const again = await Collection.open(options("source", sourceId));
    // Said again where it is not so, to be told what differs: `expect` alone takes longer than all the rest.
    const found = contentsOf(again, keyCount);
    if (!isDeepStrictEqual(found, before)) expect(found).toEqual(before);
    await again.close();
    // A manifest that is there is true.
    if (names.includes("MANIFEST.json")) {
      await restore();
      rmSync(join(root, "target"), { recursive: true });
    }
    for (const name of ["source", "snapshot"]) rmSync(join(root, name), { recursive: true, force: true });
    cpSync(pristine, join(root, "source"), { recursive: true });
    if (written && !stoppedInside) break;
  }
}, 60_000);

it("restores all or fails, wherever the disk stops", async () => {
  const source = await Collection.open(options("source", sourceId));
  await source.upsert(Array.from({ length: 300 }, (_, key) => documentOf(key, 0)));
  const before = contentsOf(source, 300);
  await source.snapshots.write({ ...write, directory: snapshotDirectory() });
  await source.close();
  const graveyard = join(root, "graveyard");
  await nodeDisk.makeDirectory(graveyard);
  for (let operationsMax = 0; ; operationsMax++) {
    const { disk } = stoppingDisk(quickDisk, { operationsMax, graveyard });
    const isRestored = await restore(disk).then(
      () => true,
      () => false,
    );
    if (isRestored) break;
    rmSync(join(root, "target"), { recursive: true, force: true });
  }
  const target = await Collection.open(options("target", targetId));
  expect(contentsOf(target, 300)).toEqual(before);
  await target.close();
});

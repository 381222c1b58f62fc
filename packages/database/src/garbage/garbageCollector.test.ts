import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Clock,
  type CollectGarbageInput,
  noDeadline,
  SeededRandom,
  systemClock,
  systemRandom,
  UuidV7Generator,
} from "@akidb/base";
import { allObjects } from "@akidb/objects";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ownProcess } from "../access/caller.ts";
import type { Database } from "../database.ts";
import { openDatabase } from "../openDatabase.ts";
import type { OperationContext } from "../operation.ts";
import { operations } from "../operations/operations.ts";

const ids = new UuidV7Generator(systemClock, systemRandom);
const call = { requestId: "test", deadline: noDeadline(), caller: ownProcess };
const hourMs = 3_600_000;

let directory: string;
let database: Database;
let aheadMs = 0;
const clock: Clock = {
  nowMs: () => systemClock.nowMs() + aheadMs,
  monotonicMs: () => systemClock.monotonicMs() + aheadMs,
};
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "akidb-gc-"));
  database = await openDatabase({
    directory,
    command: "test",
    objectStore: { kind: "memory" },
    wal: { sync: "never" },
    clock,
  });
  await database.loaded();
});
afterAll(async () => {
  await database.close();
  rmSync(directory, { recursive: true });
});

const withContext = <T>(run: (context: OperationContext) => Promise<T>): Promise<T> =>
  database.execute<object, T>({ ...operations.getGauges, name: "inspect", run }, {}, call);
const collect = (input: CollectGarbageInput = {}) => database.execute(operations.collectGarbage, input, call);
const put = (key: string) => withContext(({ objects }) => objects.put(key, new Uint8Array(100)));
const keys = () =>
  withContext(async ({ objects }) => {
    const found: string[] = [];
    for await (const { key } of allObjects(objects)) found.push(key);
    return found;
  });
const create = async (name: string, tieringPolicy: "memory" | "memory_s3" = "memory_s3") =>
  (await database.execute(operations.createCollection, { name, dimension: 16, tieringPolicy }, call)).id;
async function write(collection: string, count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    const documents = [{ externalId: `d${n}`, vector: new Float32Array(16).fill(n + 1) }];
    await database.execute(operations.upsertDocuments, { collection, documents }, call);
    await withContext(({ collections }) => collections.archiveLogs());
  }
}
const snapshot = async (collection: string) => {
  const { id } = await database.execute(operations.createSnapshot, { collection, wait: true }, call);
  await withContext(({ snapshots, collections }) => snapshots.uploadAllWanted(collections.records()));
  return id;
};
const age = (path: string, hours: number) => {
  const seconds = (clock.nowMs() - hours * hourMs) / 1_000;
  utimesSync(path, seconds, seconds);
};

describe("in the object store", () => {
  it("what no manifest names goes once it is old, and nothing that any names (seed 2)", async () => {
    for (const seed of [2]) {
      const random = new SeededRandom(seed);
      const name = `books${seed}`;
      const id = await create(name);
      await write(name, 1 + random.nextInt(4));
      const [whole] = [await snapshot(name), await snapshot(name)];
      // Only in the store, as after the loss of this machine.
      rmSync(join(directory, "collections", id, "snapshots", whole), { recursive: true });
      const named = await keys();
      const prefix = `collections/${id}/`;
      const shapes = [
        () => `${prefix}wal/packs/${ids.next()}.pack`,
        () =>
          `${prefix}wal/segments/${String(random.nextInt(1_000)).padStart(20, "0")}-${random.nextInt(1e6)}.wal`,
        () => `${prefix}snapshots/${ids.next()}/documents.parquet`,
        () => `${prefix}snapshots/${ids.next()}/checkpoint/1/rows`,
      ];
      const left = [
        () => `${prefix}wal/README`,
        () => `${prefix}cold/${random.nextInt(1_000)}`,
        () => `${prefix}snapshots/notes`,
        () => `${prefix}g7/wal/packs/${ids.next()}.pack`,
        () => `backups/${ids.next()}/MANIFEST.json`,
        () => `content/${random.nextInt(1_000)}`,
      ];
      const some = async (makers: readonly (() => string)[]) => {
        const made = makers.flatMap((make) => Array.from({ length: random.nextInt(3) }, make));
        for (const key of made) await put(key);
        return made;
      };
      const [old, foreign] = [await some(shapes), await some(left)];
      aheadMs += 2 * hourMs;
      const young = await some(shapes);
      const before = await keys();
      const dry = await collect({ olderThanSeconds: 3_600 });
      expect(await keys()).toEqual(before);
      expect(dry).toMatchObject({ removedBytes: 0, problems: [] });
      expect(dry.items.reduce((sum, { count }) => sum + count, 0)).toBe(old.length);
      const report = await collect({ dryRun: false, olderThanSeconds: 3_600 });
      expect(report).toMatchObject({ removedBytes: 100 * old.length, problems: [] });
      expect(report.items.every(({ isRemoved }) => isRemoved)).toBe(true);
      expect(await keys()).toEqual([...new Set([...named, ...foreign, ...young])].sort());
      expect((await collect({ olderThanSeconds: 3_600 })).items).toEqual([]);
      const into = `again${seed}`;
      await database.execute(operations.restoreSnapshot, { collection: name, snapshot: whole, into }, call);
      await withContext(async ({ objects }) => void (await objects.deleteMany([...foreign, ...young])));
    }
  });

  it("what is of a snapshot that is on this machine stays: it is sent again", async () => {
    const id = await create("films");
    const snapshotId = await snapshot("films");
    const manifest = `collections/${id}/snapshots/${snapshotId}/MANIFEST.json`;
    await withContext(({ objects }) => objects.delete(manifest));
    aheadMs += 2 * hourMs;
    expect((await collect({ dryRun: false, olderThanSeconds: 3_600 })).items).toEqual([]);
  });

  it("collections that are not known go only where that is asked for", async () => {
    const id = ids.next();
    await put(`collections/${id}/wal/MANIFEST-1.json`);
    await put(`collections/${id}/wal/packs/a.pack`);
    aheadMs += 2 * hourMs;
    const removal = { dryRun: false, olderThanSeconds: 3_600 } as const;
    const item = { kind: "unknown_collection", name: `collections/${id}/`, bytes: 200, count: 2 };
    expect((await collect(removal)).items).toMatchObject([{ ...item, isRemoved: false }]);
    const report = await collect({ ...removal, unknownCollections: true });
    expect(report.items).toMatchObject([{ ...item, isRemoved: true }]);
    expect((await keys()).filter((key) => key.includes(id))).toEqual([]);
  });

  it("a log whose manifest cannot be read is left alone, and that is told", async () => {
    const id = await create("damaged");
    await put(`collections/${id}/wal/MANIFEST-1.json`);
    await put(`collections/${id}/wal/packs/a.pack`);
    aheadMs += 2 * hourMs;
    const report = await collect({ dryRun: false, olderThanSeconds: 3_600 });
    expect(report.problems).toEqual([expect.stringContaining(`collections/${id}/`)]);
    expect((await keys()).filter((key) => key.includes(id))).toHaveLength(2);
    await database.execute(operations.deleteCollection, { collection: "damaged" }, call);
  });
});

describe("in the data directory", () => {
  it("orphans, drafts and halves of snapshots go once they are old", async () => {
    const id = await create("here", "memory");
    const orphan = join(directory, "collections", ids.next());
    const draft = join(directory, "VERSION.tmp");
    const half = join(directory, "collections", id, "snapshots", `${ids.next()}.downloading`);
    const kept = [
      join(directory, "collections", "notes"),
      join(directory, "collections", id, "documents.db.damaged-1"),
    ];
    for (const folder of [orphan, half, kept[0]!]) mkdirSync(folder, { recursive: true });
    for (const file of [join(orphan, "documents.db"), join(half, "rows"), draft, kept[1]!]) {
      writeFileSync(file, new Uint8Array(10));
    }
    for (const path of [join(half, "rows"), half, draft, ...kept]) age(path, 30);
    const kinds = async () => (await collect({ dryRun: false })).items.map(({ kind, name }) => [kind, name]);
    expect(await kinds()).toEqual([
      ["stale_file", "VERSION.tmp"],
      ["stale_file", half.slice(directory.length + 1)],
    ]);
    // A file in it was modified lately.
    age(orphan, 30);
    expect(await kinds()).toEqual([]);
    age(join(orphan, "documents.db"), 30);
    expect(await kinds()).toEqual([["orphan_directory", orphan.slice(directory.length + 1)]]);
    for (const path of [orphan, draft, half]) expect(existsSync(path)).toBe(false);
    for (const path of kept) expect(existsSync(path)).toBe(true);
    expect(readdirSync(join(directory, "collections"))).toContain(id);
  });
});

it("is for what is an hour old at least", async () => {
  for (const olderThanSeconds of [0, 3_599, 1.5, Number.NaN]) {
    await expect(collect({ olderThanSeconds })).rejects.toMatchObject({
      code: "invalid_argument",
      violations: [{ path: "older_than_seconds" }],
    });
  }
});

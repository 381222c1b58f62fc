import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  type Clock,
  type CollectGarbageInput,
  noDeadline,
  systemClock,
  systemRandom,
  UuidV7Generator,
} from "@akidb/base";
import { type S3Server, startS3Server } from "@akidb/objects/s3-server";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { ownProcess } from "../access/caller.ts";
import type { Database } from "../database.ts";
import { openDatabase } from "../openDatabase.ts";
import type { Operation, OperationContext } from "../operation.ts";
import { operations } from "../operations/operations.ts";

const ids = new UuidV7Generator(systemClock, systemRandom);
const call = { requestId: "test", deadline: noDeadline(), caller: ownProcess };
const hourMs = 3_600_000;

let root: string;
let directory: string;
let server: S3Server;
let database: Database;
let aheadMs = 0;
const clock: Clock = {
  nowMs: () => systemClock.nowMs() + aheadMs,
  monotonicMs: () => systemClock.monotonicMs(),
};
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "akidb-garbage-"));
  directory = join(root, "data");
  server = await startS3Server();
  const { endpoint, bucketName: bucket, credentials } = server;
  database = await openDatabase({
    directory,
    command: "test",
    objectStore: { kind: "s3", endpoint, bucket, forcePathStyle: true, ...credentials },
    wal: { sync: "never" },
    clock,
  });
  await database.loaded();
});
afterAll(async () => {
  await database.close();
  await server[Symbol.asyncDispose]();
  rmSync(root, { recursive: true });
});
afterEach(() => server.faults.clear());

const execute = <Input, Output>(operation: Operation<Input, Output>, input: Input) =>
  database.execute(operation, input, call);
const withContext = <T>(run: (context: OperationContext) => Promise<T>): Promise<T> =>
  execute({ ...operations.getGauges, name: "inspect", run }, {});
const collect = (input: CollectGarbageInput = {}) =>
  execute(operations.collectGarbage, { olderThanSeconds: 3_600, ...input });
const found = async (input?: CollectGarbageInput) =>
  (await collect(input)).items.map(({ kind, name, isRemoved }) => [kind, name, isRemoved]);
const create = async (name: string, more: object = {}) =>
  (await execute(operations.createCollection, { name, dimension: 16, ...more })).id;
const age = (path: string, hours: number): void => {
  const seconds = (clock.nowMs() - hours * hourMs) / 1_000;
  for (const name of statSync(path).isDirectory()
    ? (readdirSync(path, { recursive: true }) as string[])
    : []) {
    utimesSync(join(path, name), seconds, seconds);
  }
  utimesSync(path, seconds, seconds);
};
const ended = async (job: string) => {
  await expect
    .poll(async () => (await execute(operations.getJob, { job })).state, { interval: 5 })
    .not.toBe("running");
  return await execute(operations.getJob, { job });
};

it("uploads in parts that nobody ends go, of collections that are known", async () => {
  const id = await create("uploads", { tieringPolicy: "memory_s3" });
  const unknown = ids.next();
  const begin = (key: string) => server.bucket.createUpload({ key, keptHeaders: {}, algorithm: undefined });
  const upload = begin(`collections/${id}/wal/segments/1.wal`);
  server.bucket.putPart(upload, 1, { bytes: new Uint8Array(100), checksum: undefined });
  for (const key of [`collections/${unknown}/a`, "collections/notes/a", "content/aa/bb"]) begin(key);
  expect(await found()).toEqual([]);
  aheadMs += 2 * hourMs;
  const own = (await collect()).items.find(({ name }) => name === `collections/${id}/`);
  expect(own).toMatchObject({ kind: "unfinished_upload", bytes: 100, count: 1, isRemoved: false });
  const removal = { dryRun: false } as const;
  const kind = "unfinished_upload";
  const both = [
    [kind, `collections/${id}/`, true],
    [kind, `collections/${unknown}/`, false],
  ];
  expect((await found(removal)).toSorted()).toEqual(both.toSorted());
  expect(await found({ ...removal, unknownCollections: true })).toEqual([
    [kind, `collections/${unknown}/`, true],
  ]);
  expect(server.bucket.uploads().map(({ key }) => key)).toEqual(["collections/notes/a", "content/aa/bb"]);
});

it("files and logs of generations that no row wants go after a week, and none that is kept to go back to", async () => {
  const id = await create("texts", { tieringPolicy: "memory_s3" });
  const documents = [{ externalId: "d", text: "a text" }];
  await execute(operations.upsertDocuments, { collection: "texts", documents });
  const { id: job } = await execute(operations.startReembedding, { collection: "texts", dimension: 32 });
  await ended(job);
  const path = join(directory, "collections", id);
  for (const generation of ["g7", "g8", "g9.creating"])
    cpSync(join(path, "g1"), join(path, generation), { recursive: true });
  const keys = ["wal/packs/a.pack", "wal/MANIFEST-1.json"].map((name) => `collections/${id}/g7/${name}`);
  const put = (key: string) => withContext(({ objects }) => objects.put(key, new Uint8Array(10)));
  for (const key of [...keys, `collections/${id}/g7/notes`]) await put(key);
  aheadMs += 8 * 24 * hourMs;
  age(path, 24 * 60);
  age(join(path, "g8"), 24 * 6);
  const items = await found({ dryRun: false });
  expect(items).toEqual([
    ["unwanted_generation", `collections/${id}/g7`, true],
    ["unwanted_generation", `collections/${id}/g9`, true],
    ["unwanted_generation_log", `collections/${id}/g7/wal/`, true],
  ]);
  expect(readdirSync(path)).toEqual(expect.arrayContaining(["wal", "g1", "g8"]));
  expect(readdirSync(path)).not.toEqual(expect.arrayContaining(["g7"]));
  expect(server.bucket.keys().filter((key) => key.includes("/g7/"))).toEqual([`collections/${id}/g7/notes`]);
  // And back: all of it is there. What is begun next takes no files that the catalog does not tell of.
  const { id: back } = await execute(operations.rollBackReembedding, { collection: "texts" });
  expect(await ended(back)).toMatchObject({ state: "done" });
  const { id: next } = await execute(operations.startReembedding, { collection: "texts", dimension: 64 });
  expect(await ended(next)).toMatchObject({ state: "done" });
  expect(readdirSync(path)).toContain("g9");
});

it("what a restore left beside the directory goes, but for models; and drafts of ours alone", async () => {
  const beside = `${directory}.restoring`;
  mkdirSync(join(beside, "collections"), { recursive: true });
  mkdirSync(join(beside, "models"));
  for (const name of ["notes.tmp", "OWNER.tmp", "catalog.db.v3-2026-01-31T09-30-00.000Z.tmp"]) {
    writeFileSync(join(directory, name), "half");
    age(join(directory, name), 30);
  }
  age(beside, 30);
  const drafts = ["OWNER.tmp", "catalog.db.v3-2026-01-31T09-30-00.000Z.tmp"];
  expect(await found({ dryRun: false })).toEqual(drafts.map((name) => ["stale_file", name, true]));
  rmSync(join(beside, "models"), { recursive: true });
  age(beside, 30);
  expect(await found({ dryRun: false })).toEqual([["stale_file", "../data.restoring", true]]);
  expect(readdirSync(dirname(directory))).toEqual(["data"]);
});

it("a snapshot that is kept for whoever reads it stays, though nobody has written it for long", async () => {
  const id = await create("read");
  const path = join(directory, "collections", id, "snapshots");
  const left = `${ids.next()}.creating`;
  await withContext(async ({ collections, databaseId, snapshots }) => {
    using live = await collections.get(databaseId, "read", noDeadline());
    await snapshots.whileKept(
      live,
      () => {},
      async ({ directory: kept }) => {
        mkdirSync(join(path, left));
        age(path, 30);
        const name = `collections/${id}/snapshots/${left}`;
        expect(await found({ dryRun: false })).toEqual([["stale_file", name, true]]);
        expect(readdirSync(kept)).toContain("MANIFEST.json");
      },
    );
  });
  expect(readdirSync(path)).toEqual([]);
});

it("is a job: joined by whoever wants the same, cancelled between two steps, with a report in the end", async () => {
  await withContext(({ objects }) => objects.put(`collections/${ids.next()}/a`, new Uint8Array(10)));
  const {
    startGarbageCollection: start,
    getGarbageReport: report,
    cancelGarbageCollection: cancel,
  } = operations;
  server.faults.add({ operation: "ListObjectsV2", failing: { kind: "delay", delayMs: 2_000 } });
  const job = await execute(start, {});
  expect(job).toMatchObject({
    kind: "collect_garbage",
    state: "running",
    endedAt: null,
    resource: { type: "server" },
  });
  expect((await execute(start, {})).id).toBe(job.id);
  const busy = { code: "failed_precondition", message: expect.stringContaining(job.id) };
  await expect(execute(start, { dryRun: false })).rejects.toMatchObject(busy);
  await expect(execute(report, { job: job.id })).rejects.toMatchObject(busy);
  expect(await execute(cancel, { job: job.id })).toMatchObject({
    state: "cancelled",
    endedAt: expect.any(String),
  });
  expect((await execute(report, { job: job.id })).problems).toEqual([
    "it was ended before all was looked at",
  ]);
  await expect(execute(cancel, { job: job.id })).rejects.toMatchObject({ code: "failed_precondition" });
  server.faults.clear();
  const whole = await execute(start, {});
  expect(await ended(whole.id)).toMatchObject({ state: "done", progress: 1, stateReason: null });
  expect((await execute(report, { job: whole.id })).problems).toEqual([]);
  for (const operation of [report, cancel]) {
    await expect(execute<{ job: string }, unknown>(operation, { job: ids.next() })).rejects.toMatchObject({
      code: "not_found",
    });
  }
  await expect(execute(start, { olderThanSeconds: 1 })).rejects.toMatchObject({ code: "invalid_argument" });
});

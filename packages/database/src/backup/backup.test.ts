import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CollectionId, SeededRandom, systemClock, systemRandom, UuidV7Generator } from "@akidb/base";
import { decodeSealedJson, encodeSealedJson } from "@akidb/engine";
import { type ObjectStore, objectBytes, openMemoryObjectStore } from "@akidb/objects";
import { startS3Server } from "@akidb/objects/s3-server";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ModelChoice } from "../adapters/modelChoice.ts";
import { open } from "../open.ts";
import { backUp } from "./backUp.ts";
import { type BackupManifest, decodeBackupManifest, encodeBackupManifest } from "./backupManifest.ts";
import { openBackupStore } from "./openBackupStore.ts";
import { restoreBackup } from "./restoreBackup.ts";

const ids = new UuidV7Generator(systemClock, systemRandom);
let root: string;
let source: string;
let target: string;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "akidb-backup-"));
  source = join(root, "source");
  target = join(root, "target");
  await change(async (db) => {
    await db.createCollection({ name: "books", dimension: 16 });
    await db.createCollection({ name: "empty", dimension: 16, metric: "l2" });
    await db.collection("books").upsert(Array.from({ length: 50 }, (_, i) => documentOf(i)));
    await db.collection("books").delete("d7");
  });
});
afterEach(() => rmSync(root, { recursive: true }));

const documentOf = (i: number) => ({
  externalId: `d${i}`,
  vector: Float32Array.from({ length: 16 }, (_, at) => i - at),
  text: `text ${i}`,
  metadata: { i },
});

async function change(work: (db: Awaited<ReturnType<typeof open>>) => Promise<void>): Promise<void> {
  const db = await open({ path: source });
  await work(db).finally(() => db.close());
}

async function contentsOf(path: string): Promise<unknown> {
  const db = await open({ path });
  try {
    const include = ["metadata", "text", "vector"] as const;
    const books = db.collection("books");
    const documents = Array.from({ length: 60 }, (_, i) => books.get(`d${i}`, { include }).catch(() => null));
    const infos = (await db.listCollections()).items.map(({ id, name, metric, documentCount, createdAt }) => {
      return { id, name, metric, documentCount, createdAt };
    });
    return { infos, documents: await Promise.all(documents) };
  } finally {
    await db.close();
  }
}

const memory = () => openMemoryObjectStore({ clock: systemClock, random: new SeededRandom(1) });
const backUpTo = (store: ObjectStore) => backUp({ directory: source, command: "test" }, { store });
const restoreFrom = (store: ObjectStore, id?: string) =>
  restoreBackup({
    store,
    directory: target,
    clock: systemClock,
    ids,
    ...(id !== undefined && { id }),
  });

/** The catalog changes with every backup: its audit log has it. */
const catalogBytesMax = 300_000;

describe("a backup", () => {
  it("is restored whole, and goes on from there", async () => {
    const store = openBackupStore({
      place: join(root, "backups"),
      objectStore: {},
      clock: systemClock,
      random: systemRandom,
    });
    const before = await contentsOf(source);
    const steps: number[] = [];
    const report = await backUp(
      { directory: source, command: "test" },
      { store, onProgress: ({ progress }) => steps.push(progress) },
    );
    expect(report).toMatchObject({ collectionCount: 2, documentCount: 49 });
    expect(report.sentBytes).toBeGreaterThan(report.totalBytes);
    expect(steps).toEqual(steps.toSorted((a, b) => a - b));
    expect(steps[0]).toBe(0);
    expect(steps.at(-1)).toBe(1);
    mkdirSync(target);
    const { sentBytes: _, ...summary } = report;
    expect(await restoreFrom(store)).toEqual(summary);
    expect(await contentsOf(target)).toEqual(before);
    expect(await contentsOf(source)).toEqual(before);
    const db = await open({ path: target });
    await db.collection("books").upsert([documentOf(99)]);
    await db.close();
    const again = await open({ path: target });
    expect((await again.getCollection("books")).documentCount).toBe(50);
    await again.close();
    await expect(restoreFrom(store)).rejects.toMatchObject({ code: "failed_precondition" });
  });

  it("sends nothing twice, and leaves older ones as they are", async () => {
    const store = memory();
    const before = await contentsOf(source);
    const first = await backUpTo(store);
    const second = await backUpTo(store);
    expect(second.sentBytes).toBeLessThan(catalogBytesMax);
    expect(second).toMatchObject({ documentCount: 49, totalBytes: first.totalBytes });
    await change(async (db) => {
      await db.collection("books").upsert([documentOf(1), documentOf(55)]);
      await db.deleteCollection("empty");
    });
    const changed = await contentsOf(source);
    const third = await backUpTo(store);
    expect(third).toMatchObject({ collectionCount: 1, documentCount: 50 });
    for (const [id, wanted] of [
      [third.id, changed],
      [second.id, before],
      [first.id, before],
      [undefined, changed],
    ] as const) {
      await restoreFrom(store, id);
      expect(await contentsOf(target)).toEqual(wanted);
      rmSync(target, { recursive: true });
    }
    const [lost] = (await store.list({ prefix: "content/" })).objects;
    await store.delete(lost!.key);
    await backUpTo(store);
    await restoreFrom(store);
    expect(await contentsOf(target)).toEqual(changed);
    rmSync(target, { recursive: true });
    await expect(restoreFrom(store, ids.next())).rejects.toMatchObject({ code: "not_found" });
    await expect(restoreFrom(memory())).rejects.toMatchObject({ code: "not_found" });
  });

  it("counts for nothing until it is whole, wherever it stopped", async () => {
    const before = await contentsOf(source);
    const store = memory();
    for (let puts = 0; ; puts++) {
      const stopping: ObjectStore = {
        ...store,
        put: (() => {
          let count = 0;
          return (...call) => {
            count++;
            return count > puts ? Promise.reject(new Error("the process is gone")) : store.put(...call);
          };
        })(),
      };
      const isDone = await backUpTo(stopping).then(
        () => true,
        () => false,
      );
      if (isDone) break;
      await expect(restoreFrom(store)).rejects.toMatchObject({ code: "not_found" });
      expect(existsSync(target)).toBe(false);
    }
    await restoreFrom(store);
    expect(await contentsOf(target)).toEqual(before);
    expect(readdirSync(root).sort()).toEqual(["source", "target"]);
  });

  it("is not restored where any byte of it is another, or missing", async () => {
    const store = memory();
    await backUpTo(store);
    const { objects } = await store.list();
    for (const { key, sizeBytes } of objects) {
      await using reading = await store.get(key);
      const chunks: Uint8Array[] = [];
      for await (const chunk of reading.body) chunks.push(chunk.slice());
      const pristine = Buffer.concat(chunks);
      if (sizeBytes > 0) {
        const flipped = Buffer.from(pristine);
        flipped[Math.floor(sizeBytes / 3)]! ^= 4;
        await store.put(key, flipped);
        await expect(restoreFrom(store), key).rejects.toThrow("damaged");
      }
      await store.delete(key);
      await expect(restoreFrom(store), key).rejects.toMatchObject({ code: "not_found" });
      await store.put(key, pristine);
      expect(readdirSync(root)).toEqual(["source"]);
    }
  });

  it("goes to S3 that fails and cuts, and comes back", async () => {
    await using server = await startS3Server();
    const store = openBackupStore({
      place: `s3://${server.bucketName}/nightly/`,
      objectStore: { endpoint: server.endpoint, forcePathStyle: true, ...server.credentials },
      clock: systemClock,
      random: systemRandom,
    });
    server.faults.add(
      { operation: "PutObject", failing: { kind: "refuse", status: 500, code: "InternalError" }, skip: 1 },
      { operation: "GetObject", failing: { kind: "cut", afterBytes: 50 }, skip: 2, times: 2 },
      { operation: "HeadObject", failing: { kind: "reset" }, skip: 3 },
    );
    await backUpTo(store);
    server.faults.add({ operation: "GetObject", failing: { kind: "cut", afterBytes: 50 }, times: 2 });
    await restoreFrom(store);
    expect(await contentsOf(target)).toEqual(await contentsOf(source));
    await store.close();
  });

  it("is restored beside models that were fetched, wherever an attempt before it was cut off", async () => {
    const store = memory();
    const before = await contentsOf(source);
    await backUpTo(store);
    const weights = join("models", "owner", "name", "model.onnx");
    const fetch = (directory: string) => {
      mkdirSync(join(directory, "models", "owner", "name"), { recursive: true });
      writeFileSync(join(directory, weights), "weights");
    };
    fetch(target);
    await expect(restoreFrom(memory())).rejects.toMatchObject({ code: "not_found" });
    expect(readFileSync(join(target, weights), "utf8")).toBe("weights");
    rmSync(target, { recursive: true });
    fetch(`${target}.restoring`);
    await restoreFrom(store);
    expect(readFileSync(join(target, weights), "utf8")).toBe("weights");
    expect(await contentsOf(target)).toEqual(before);
    expect(existsSync(`${target}.restoring`)).toBe(false);
    rmSync(target, { recursive: true });
    fetch(target);
    fetch(`${target}.restoring`);
    await expect(restoreFrom(store)).rejects.toThrow("move them back");
    expect(readFileSync(join(target, weights), "utf8")).toBe("weights");
  });

  it("brings the choice of the model with it, and where there was none, none", async () => {
    const store = memory();
    const { id: without } = await backUpTo(store);
    await new ModelChoice(source).write("small");
    await backUpTo(store);
    await restoreFrom(store);
    expect(new ModelChoice(target).name).toBe("small");
    rmSync(target, { recursive: true });
    await restoreFrom(store, without);
    expect(readdirSync(target)).not.toContain("default-model.json");
  });

  it("is read of every format, and written in the newest for ever", async () => {
    const content = { sha256: "ab".repeat(32), bytes: 12 };
    const manifest: BackupManifest = {
      id: "01a00000-0000-7000-8000-000000000001",
      createdAtMs: 1_900_000_000_000,
      dataVersion: 1,
      defaultModel: "small",
      catalog: content,
      collections: [
        {
          id: "01a00000-0000-7000-8000-000000000002" as CollectionId,
          name: "books",
          documentCount: 3,
          lsn: 4,
          restoredAtMs: null,
          files: [{ name: "checkpoint/4/rows", ...content }],
        },
      ],
    };
    const golden = (format: number) => new URL(`./golden/backup-${format}.json`, import.meta.url);
    // If these bytes change, raise the format, keep the old reader, and add another golden file.
    expect(Buffer.from(encodeBackupManifest(manifest)).toString()).toBe(readFileSync(golden(2), "utf8"));
    expect(decodeBackupManifest("k", readFileSync(golden(2)))).toEqual(manifest);
    const first = decodeBackupManifest("k", readFileSync(golden(1)));
    expect(first).toEqual({ ...manifest, defaultModel: null });
  });

  it("is restored into what holds it, and no manifest leads out of there", async () => {
    const store = memory();
    await backUpTo(store);
    const key = (await store.list({ prefix: "backups/" })).objects[0]!.key;
    const fields = decodeSealedJson((await objectBytes(store, key, { bytesMax: 1 << 20 })).bytes) as {
      catalog: { bytes: number };
      collections: { collection_id: string; files: { name: string; bytes: number }[] }[];
    };
    const [collection] = fields.collections;
    const restoreChanged = async (change: object) => {
      await store.put(key, encodeSealedJson({ ...fields, ...change }));
      return await restoreFrom(store);
    };
    const withFile = (change: object) => {
      const files = [{ ...collection!.files[0]!, ...change }];
      return { collections: [{ ...collection, files }] };
    };
    const huge = {
      code: "failed_precondition",
      message: expect.stringMatching(/takes .* and the disk .* left$/),
    };
    await expect(restoreChanged(withFile({ bytes: Number.MAX_SAFE_INTEGER }))).rejects.toMatchObject(huge);
    for (const change of [
      withFile({ name: "../../outside" }),
      withFile({ bytes: -1 }),
      { catalog: { ...fields.catalog, sha256: "../x" } },
      { collections: [{ ...collection, collection_id: "../x" }] },
    ]) {
      await expect(restoreChanged(change)).rejects.toThrow("it names what no backup has");
    }
    const longer = { catalog: { ...fields.catalog, bytes: fields.catalog.bytes - 1 } };
    await expect(restoreChanged(longer)).rejects.toThrow("it has another length");
    expect(readdirSync(root)).toEqual(["source"]);
  });

  it.runIf(process.platform === "linux")("is refused where a file system is mounted", async () => {
    const restore = { store: memory(), directory: "/proc", clock: systemClock, ids };
    await expect(restoreBackup(restore)).rejects.toMatchObject({
      code: "failed_precondition",
      message: expect.stringContaining("is where a file system is mounted"),
    });
  });

  it("is refused into a directory that is not empty, and from a place that is none", async () => {
    mkdirSync(target);
    writeFileSync(join(target, "a"), "");
    await expect(restoreFrom(memory())).rejects.toThrow("is not empty");
    const place = (text: string) => () =>
      openBackupStore({ place: text, objectStore: {}, clock: systemClock, random: systemRandom });
    for (const none of ["ftp://host/x", "s3://", ""]) {
      expect(place(none)).toThrow("neither s3://bucket/prefix nor a folder");
    }
  });
});

import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type AkiDb,
  type CollectionId,
  idToBytes,
  noDeadline,
  systemClock,
  systemRandom,
  UuidV7Generator,
} from "@akidb/base";
import { DeadLetterFile } from "@akidb/catalog";
import { encodeSealedJson } from "@akidb/engine";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ownProcess } from "../access/caller.ts";
import { open } from "../open.ts";
import { openDatabase } from "../openDatabase.ts";
import { operations } from "../operations/operations.ts";
import { verifyOffline } from "./verifyOffline.ts";

let root: string;
let directory: string;
let collectionId: string;
let snapshotId: string;

/** A collection with a graph, a snapshot, two checkpoints and a log behind them; and one that is small. */
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "akidb-verify-"));
  const db = await openSound("sound");
  collectionId = (await db.createCollection({ name: "books", dimension: 16 })).id;
  await db.createCollection({ name: "notes", dimension: 16 });
  await db.collection("notes").upsert([{ externalId: "only", vector: vectorOf(1) }]);
  const books = db.collection("books");
  for (let n = 0; n < 10; n++) {
    await books.upsert(
      Array.from({ length: 30 }, (_, i) => ({
        externalId: `${n}-${i}`,
        vector: vectorOf(30 * n + i),
        text: `text ${i}`,
      })),
    );
  }
  snapshotId = (await books.createSnapshot()).id;
  await books.upsert([{ externalId: "last", vector: vectorOf(5) }]);
  await db.close();
});
afterAll(() => rmSync(root, { recursive: true }));
beforeEach(() => {
  directory = mkdtempSync(join(root, "copy-"));
  cpSync(join(root, "sound"), directory, { recursive: true });
});

const openSound = (name: string): Promise<AkiDb> =>
  open({ path: join(root, name), wal: { sync: "never", segmentBytesMax: 65_536 }, hnsw: { threshold: 50 } });
const vectorOf = (n: number) => Float32Array.from({ length: 16 }, (_, i) => Math.sin(n * 16 + i));
const verify = (progress: number[] = []) =>
  verifyOffline({
    directory,
    clock: systemClock,
    command: "test",
    onProgress: (share) => progress.push(share),
  });
const collectionPath = () => join(directory, "collections", collectionId);
/** The only one, the oldest, or the newest. */
const entryOf = (path: string, at = 0) => join(path, readdirSync(path).sort().at(at)!);

function flip(path: string, at = 0.5): void {
  const bytes = readFileSync(path);
  bytes[Math.floor(bytes.length * at)]! ^= 0x20;
  writeFileSync(path, bytes);
}

function placesOf(needle: Buffer, bytes: Buffer): readonly number[] {
  const places: number[] = [];
  for (let at = bytes.indexOf(needle); at !== -1; at = bytes.indexOf(needle, at + 1)) places.push(at);
  return places;
}

const treeOf = (): readonly string[] =>
  readdirSync(directory, { recursive: true, encoding: "utf8" })
    // The lock is taken.
    .filter((name) => name !== "LOCK")
    .sort()
    .map((name) => {
      const stats = statSync(join(directory, name));
      return stats.isFile() ? `${name} ${readFileSync(join(directory, name), "base64")}` : name;
    });

describe("verify", () => {
  it("finds nothing in sound data, changes nothing, and tells how far it is", async () => {
    const before = treeOf();
    const progress: number[] = [];
    const report = await verify(progress);
    expect(report).toMatchObject({ damages: [], putAside: [] });
    expect(report.fileCount).toBeGreaterThan(10);
    expect(treeOf()).toEqual(before);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
    expect(progress.at(-1)).toBeGreaterThan(0.9);
    expect(progress.at(-1)).toBeLessThanOrEqual(1);
  });

  const places = {
    "catalog.db": () => join(directory, "catalog.db"),
    VERSION: () => join(directory, "VERSION"),
    "documents.db": () => join(collectionPath(), "documents.db"),
    "/rows": () => join(entryOf(join(collectionPath(), "checkpoint"), -1), "rows"),
    "/tombstones": () => join(entryOf(join(collectionPath(), "checkpoint"), -1), "tombstones"),
    "/segment-0": () => join(entryOf(join(collectionPath(), "checkpoint"), -1), "segment-0"),
    "/MANIFEST.json": () => join(entryOf(join(collectionPath(), "checkpoint"), -1), "MANIFEST.json"),
    "documents.parquet": () => join(collectionPath(), "snapshots", snapshotId, "documents.parquet"),
    ".wal": () => entryOf(join(collectionPath(), "wal"), 0),
  };

  it.each(Object.entries(places))("names a damaged %s", async (end, path) => {
    // The first table of the catalog, that of its schema, begins at byte 100; the middle of the file may be of no use.
    flip(path(), end === "VERSION" ? 0 : end === "catalog.db" ? 100 / statSync(path()).size : 0.5);
    const { damages } = await verify();
    expect(damages.map(({ file }) => file)).toEqual(expect.arrayContaining([expect.stringContaining(end)]));
    for (const damage of damages) {
      expect(damage.collection).toBe(["catalog.db", "VERSION"].includes(end) ? null : "books");
      expect(damage.remedy).not.toBe("");
    }
  });

  it.each([".wal", "documents.db", "/rows", "documents.parquet"] as const)(
    "names a %s that is cut off",
    async (end) => {
      const path = places[end]();
      truncateSync(path, Math.floor(statSync(path).size / 2));
      const { damages } = await verify();
      expect(damages.map(({ file }) => file)).toEqual(expect.arrayContaining([expect.stringContaining(end)]));
    },
  );

  it("names a row of the catalog whose value flipped, and a start serves all other collections", async () => {
    const path = places["catalog.db"]();
    const sound = readFileSync(path);
    const bytes = Buffer.from(sound);
    // Of the table: rows of indexes have no metric.
    const id = Buffer.from(idToBytes(collectionId as CollectionId));
    const rowAt = placesOf(id, bytes).find((at) => bytes.subarray(at, at + 100).includes("cosine"))!;
    bytes[bytes.indexOf("cosine", rowAt) + 3]! ^= 1;
    writeFileSync(path, bytes);
    const damage = {
      collectionId: null,
      file: "catalog.db",
      problem: `row ${collectionId} of collections fails its checksum`,
      loss: "some",
      effect: "the collection is not served; its files are left alone",
    };
    expect((await verify()).damages).toMatchObject([damage]);

    const database = await openDatabase({ directory, command: "test" });
    await database.loaded();
    expect(database.readiness()).toMatchObject({ status: "degraded", damages: [damage] });
    const call = { requestId: "test", deadline: noDeadline(), caller: ownProcess };
    const read = (collection: string, id: string) =>
      database.execute(operations.getDocument, { collection, id }, call);
    expect((await read("notes", "only")).externalId).toBe("only");
    await expect(read("books", "last")).rejects.toMatchObject({ code: "not_found" });
    await database.close();

    writeFileSync(path, sound);
    const mended = await open({ path: directory });
    expect((await mended.collection("books").get("last")).externalId).toBe("last");
    await mended.close();
  });

  it("says which LSNs a log has lost that is needed, and which snapshot would mend it", async () => {
    rmSync(join(collectionPath(), "checkpoint"), { recursive: true });
    flip(entryOf(join(collectionPath(), "wal")), 0.3);
    const { damages } = await verify();
    expect(damages).toMatchObject([
      {
        collection: "books",
        collectionId,
        loss: "some",
        effect: expect.stringMatching(/not served.*LSN \d+ to \d+/),
        remedy: expect.stringContaining(`akidb snapshots restore books ${snapshotId}`),
      },
    ]);
  });

  it("says that nothing is lost where something else has what the file held", async () => {
    flip(places["/rows"]());
    expect((await verify()).damages).toMatchObject([{ loss: "none" }]);
  });

  it("lists what earlier starts have put aside, and is content once a start has mended the rest", async () => {
    flip(places["/rows"]());
    const db = await open({ path: directory, wal: { sync: "never" }, hnsw: { threshold: 50 } });
    await db.close();
    const report = await verify();
    expect(report.damages).toEqual([]);
    expect(report.putAside).toEqual([
      { collection: "books", file: expect.stringMatching(/^checkpoint\/.*\.damaged$/) },
    ]);
  });

  it("refuses what is no data directory, and one that is open", async () => {
    await expect(
      verifyOffline({ directory: join(root, "none"), clock: systemClock, command: "test" }),
    ).rejects.toMatchObject({ code: "not_found" });
    expect(existsSync(join(root, "none"))).toBe(false);
    const db = await open({ path: directory });
    await expect(verify()).rejects.toMatchObject({ code: "failed_precondition" });
    await db.close();
  });

  it("looks at the choice of the model and at the dead-letter queue, and says what each means", async () => {
    const letters = new DeadLetterFile(directory);
    const ids = new UuidV7Generator(systemClock, systemRandom);
    const letter = { operation: "archive_log", collection: "books", lastError: "no connection" } as const;
    const times = { attempts: 1, firstFailedAtMs: 1_000, lastFailedAtMs: 2_000 };
    for (const key of ["sound letter", "harmed letter"]) {
      letters.put({ ...letter, ...times, key, id: ids.next(), collectionId: collectionId as CollectionId });
    }
    letters.close();
    const choice = join(directory, "default-model.json");
    writeFileSync(choice, encodeSealedJson({ format: 1, model: "mock" }));
    const before = treeOf();
    const { fileCount, damages } = await verify();
    expect(damages).toEqual([]);
    expect(treeOf()).toEqual(before);
    rmSync(choice);
    expect((await verify()).fileCount).toBe(fileCount - 1);
    const queue = join(directory, "dlq.db");
    const bytes = readFileSync(queue);
    bytes.write("h", bytes.indexOf("harmed letter") + 1);
    writeFileSync(queue, bytes);
    writeFileSync(choice, encodeSealedJson({ format: 1, model: "mock" }).subarray(1));
    expect((await verify()).damages).toMatchObject([
      { file: "default-model.json", loss: "some", collectionId: null },
      { file: "dlq.db", problem: "1 rows fail their checksums", loss: "none", collectionId: null },
    ]);
    writeFileSync(choice, encodeSealedJson({ format: 9, model: "mock" }));
    writeFileSync(queue, bytes.subarray(0, 5_000).fill(1, 100, 200));
    expect((await verify()).damages).toMatchObject([
      { file: "default-model.json", problem: expect.stringContaining("a newer AkiDB"), loss: "none" },
      { file: "dlq.db", loss: "none" },
    ]);
  });

  it("finds frames of SQLite's log that failed with others behind them", async () => {
    const db = await open({ path: directory, wal: { sync: "never" } });
    for (let n = 0; n < 20; n++) await db.createCollection({ name: `c${n}`, dimension: 16 });
    const path = join(directory, "catalog.db");
    for (const suffix of ["", "-wal"]) copyFileSync(path + suffix, `${path}-kept${suffix}`);
    await db.close();
    for (const suffix of ["", "-wal"]) copyFileSync(`${path}-kept${suffix}`, path + suffix);
    // As after a kill; a sound log is no damage.
    expect((await verify()).damages.filter(({ file }) => file.startsWith("catalog"))).toEqual([]);
    flip(`${path}-wal`, 0.5);
    expect((await verify()).damages.map(({ file }) => file)).toContain("catalog.db-wal");
  });
});

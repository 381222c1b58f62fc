import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type AkiDb, deadlineAfter, noDeadline, SeededRandom, systemClock } from "@akidb/base";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ownProcess } from "../access/caller.ts";
import type { Database } from "../database.ts";
import type { LogEvent } from "../logEvent.ts";
import { type OpenOptions, open } from "../open.ts";
import { openDatabase } from "../openDatabase.ts";
import { operations } from "../operations/operations.ts";

let directory: string;
let database: AkiDb | undefined;
let events: LogEvent[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "akidb-open-on-use-"));
  events = [];
});
afterEach(async () => {
  await database?.close();
  database = undefined;
  rmSync(directory, { recursive: true });
});

async function reopen(collectionsMax: number, options: Partial<OpenOptions> = {}): Promise<AkiDb> {
  await database?.close();
  database = undefined;
  events = [];
  database = await open({
    path: directory,
    log: (event) => events.push(event),
    openBound: { collectionsMax },
    ...options,
  });
  return database;
}

async function openNames(db: AkiDb): Promise<readonly string[]> {
  const { items } = await db.listCollections({ limit: 1_000 });
  return items.filter(({ memoryBytes }) => memoryBytes > 0).map(({ name }) => name);
}

async function expectOpenAtMost(db: AkiDb, count: number): Promise<void> {
  await expect.poll(async () => (await openNames(db)).length, { timeout: 20_000 }).toBeLessThanOrEqual(count);
}

const timesOpened = (name: string): number =>
  events.filter((event) => event.kind === "collection_opened" && event.collection === name).length;

const vectorOf = (value: number) => Float32Array.from({ length: 16 }, (_, at) => Math.sin(value * (at + 1)));

/** Each with a document. */
async function withCollections(names: readonly string[], collectionsMax: number): Promise<AkiDb> {
  const db = await reopen(collectionsMax);
  for (const name of names) {
    await db.createCollection({ name, dimension: 16 });
    await db.collection(name).upsert([{ externalId: `of ${name}`, vector: vectorOf(1), text: name }]);
  }
  await expectOpenAtMost(db, collectionsMax);
  return db;
}

const directoryOf = (id: string): string => join(directory, "collections", id);

const segmentOf = (collection: string): string =>
  join(collection, "wal", readdirSync(join(collection, "wal"))[0]!);

describe("collections beyond the bound", () => {
  it("are closed, the least recently used first, and opened by the next use", async () => {
    const db = await withCollections(["a", "b", "c"], 3);
    await db.collection("a").get("of a");
    await db.createCollection({ name: "d", dimension: 16 });
    await expectOpenAtMost(db, 3);
    expect(await openNames(db)).toEqual(["a", "c", "d"]);
    expect(await db.collection("b").get("of b", { include: ["text"] })).toMatchObject({ text: "b" });
    expect(timesOpened("b")).toBe(2);
  });

  it("are listed and described without being opened", async () => {
    const db = await withCollections(["a", "b", "c", "d"], 1);
    const { items } = await db.listCollections();
    expect(items.map(({ documentCount, state }) => ({ documentCount, state }))).toEqual(
      Array(4).fill({ documentCount: 1, state: "ready" }),
    );
    for (const { diskBytes } of items) expect(diskBytes).toBeGreaterThan(0);
    expect(await db.getCollection("a")).toMatchObject({ documentCount: 1, memoryBytes: 0 });
    expect(timesOpened("a")).toBe(1);
  });

  it("are opened once for all who wait", async () => {
    const db = await withCollections(["a", "b"], 1);
    expect(await openNames(db)).toEqual(["b"]);
    const found = await Promise.all(Array.from({ length: 20 }, () => db.collection("a").get("of a")));
    expect(found.every((document) => document?.externalId === "of a")).toBe(true);
    expect(timesOpened("a")).toBe(2);
  });

  it("stay open while they are used, however many", async () => {
    const names = ["a", "b", "c", "d", "e", "f"];
    const db = await withCollections(names, 2);
    const results = await Promise.all(
      names.flatMap((name) => [
        db.collection(name).upsert([{ externalId: "more", vector: vectorOf(2) }]),
        db.collection(name).createSnapshot(),
      ]),
    );
    expect(results).toHaveLength(12);
    await expectOpenAtMost(db, 2);
    const { items } = await db.listCollections();
    expect(items.map(({ documentCount }) => documentCount)).toEqual(names.map(() => 2));
  });

  it("are closed by the memory that they take, too; one alone never is", async () => {
    const db = await reopen(10, { openBound: { memoryBytesMax: 1 } });
    await db.createCollection({ name: "a", dimension: 16 });
    expect(await openNames(db)).toEqual(["a"]);
    await db.createCollection({ name: "b", dimension: 16 });
    await expectOpenAtMost(db, 1);
    expect(await openNames(db)).toEqual(["b"]);
  });

  it("give up at the deadline of who waits, and open all the same", async () => {
    await withCollections(["a", "b"], 1);
    await database?.close();
    database = undefined;
    const opened = await openDatabase({ directory, command: "test", openBound: { collectionsMax: 1 } });
    await opened.loaded();
    using deadline = deadlineAfter(systemClock, 0);
    const get = (call: Parameters<Database["execute"]>[2]) =>
      opened.execute(operations.getDocument, { collection: "a", id: "of a" }, call);
    await expect(get({ requestId: "1", deadline, caller: ownProcess })).rejects.toMatchObject({
      code: "deadline_exceeded",
    });
    expect(await get({ requestId: "2", deadline: noDeadline(), caller: ownProcess })).toMatchObject({
      externalId: "of a",
    });
    await opened.close();
  });
});

describe("a closed collection", () => {
  it("is deleted with its files", async () => {
    const db = await withCollections(["a", "b"], 1);
    const { id } = await db.getCollection("a");
    await db.deleteCollection("a");
    expect(existsSync(directoryOf(id))).toBe(false);
    await expect(db.getCollection("a")).rejects.toMatchObject({ code: "not_found" });
    await expect(db.collection("a").get("of a")).rejects.toMatchObject({ code: "not_found" });
    expect(timesOpened("a")).toBe(1);
  });

  it("is restored in place and as a copy", async () => {
    const db = await withCollections(["a"], 1);
    const { id } = await db.collection("a").createSnapshot();
    await db.collection("a").delete("of a");
    await db.createCollection({ name: "b", dimension: 16 });
    await expectOpenAtMost(db, 1);
    expect(await openNames(db)).toEqual(["b"]);
    await db.collection("a").restoreSnapshot(id, { into: "copy" });
    expect(await db.collection("copy").get("of a")).toMatchObject({ externalId: "of a" });
    expect(await db.getCollection("a")).toMatchObject({ documentCount: 0, memoryBytes: 0 });
    await db.collection("a").restoreSnapshot(id);
    expect(await db.collection("a").get("of a")).toMatchObject({ externalId: "of a" });
  });

  it("that has become damaged is known by its first use, and stays so", async () => {
    const db = await withCollections(["a", "b"], 1);
    const { id } = await db.getCollection("a");
    const segment = segmentOf(directoryOf(id));
    const bytes = readFileSync(segment);
    bytes[0]! ^= 0xff;
    writeFileSync(segment, bytes);
    await expect(db.collection("a").get("of a")).rejects.toMatchObject({ code: "failed_precondition" });
    expect(await db.getCollection("a")).toMatchObject({ state: "damaged" });
    expect(await db.collection("b").get("of b")).toMatchObject({ externalId: "of b" });
    await db.deleteCollection("a");
    expect(existsSync(directoryOf(id))).toBe(false);
  });
});

describe("a start", () => {
  it("opens those used last, as many as may be", async () => {
    const db = await withCollections(["a", "b", "c", "d"], 4);
    for (const name of ["b", "a"]) {
      // The clock that says when has milliseconds.
      await new Promise((resolve) => setTimeout(resolve, 5));
      await db.collection(name).get(`of ${name}`);
    }
    const next = await reopen(2);
    expect(await openNames(next)).toEqual(["a", "b"]);
    expect((await next.listCollections()).items.map(({ documentCount }) => documentCount)).toEqual([
      1, 1, 1, 1,
    ]);
    expect(["a", "b", "c", "d"].map(timesOpened)).toEqual([1, 1, 0, 0]);
  });

  it.each([
    ["is missing", (path: string) => rmSync(path)],
    ["is cut short", (path: string) => writeFileSync(path, readFileSync(path).subarray(0, 40))],
    [
      "is older than the log",
      (path: string) => writeFileSync(segmentOf(join(path, "..")), "torn", { flag: "a" }),
    ],
    ["is older than another file", (path: string) => cpSync(path, join(path, "..", "another"))],
    [
      "says something else",
      (path: string) =>
        writeFileSync(path, readFileSync(path, "utf8").replace('"document_count": 1', '"document_count": 2')),
    ],
  ])("opens a collection whose summary %s", async (_, change) => {
    const db = await withCollections(["a", "b", "c"], 1);
    const { id } = await db.getCollection("a");
    const summary = join(directoryOf(id), "closed.json");
    expect(existsSync(summary)).toBe(true);
    await db.close();
    change(summary);
    const next = await reopen(1);
    expect(timesOpened("b")).toBe(0);
    expect(timesOpened("a")).toBe(1);
    expect(await next.getCollection("a")).toMatchObject({ documentCount: 1, state: "ready" });
  });

  it("mends a file of documents that was found damaged before it was closed, and tells so as long as it runs", async () => {
    const db = await withCollections(["a", "b", "c"], 1);
    const { id } = await db.getCollection("a");
    writeFileSync(join(directoryOf(id), "documents.db.suspect"), "");
    const next = await reopen(1);
    expect(timesOpened("a")).toBe(1);
    await next.collection("b").get("of b");
    await expectOpenAtMost(next, 1);
    expect(await next.getCollection("a")).toMatchObject({
      memoryBytes: 0,
      state: "degraded",
      documentCount: 1,
    });
  });
});

describe("what a killed process leaves", () => {
  const child = fileURLToPath(new URL("../adapters/openOnUse.test.child.ts", import.meta.url));

  it.each([21])("while collections open and close is all that was acknowledged (seed %i)", async (seed) => {
    const db = await reopen(3);
    const names = Array.from({ length: 12 }, (_, n) => `c${n}`);
    for (const name of names) await db.createCollection({ name, dimension: 16 });
    await db.close();
    database = undefined;
    const random = new SeededRandom(seed);
    const acknowledged = new Map<string, Set<string>>(names.map((name) => [name, new Set()]));
    for (let round = 0; round < 2; round++) {
      const args = [directory, String(seed * 10 + round), String(round * 1_000_000)];
      const writer = spawn(process.execPath, ["--conditions=source", child, ...args]);
      let output = "";
      writer.stdout.on("data", (chunk: Buffer) => {
        output += chunk.toString();
      });
      await once(writer.stdout, "data");
      await new Promise((resolve) => setTimeout(resolve, 100 + random.nextInt(400)));
      writer.kill("SIGKILL");
      await once(writer, "close");
      for (const line of output.split("\n").slice(1, -1)) {
        const [name, document] = line.split(" ");
        acknowledged.get(name!)!.add(`d${document}`);
      }
      const next = await reopen(3);
      for (const name of names) {
        for (const document of acknowledged.get(name)!) {
          expect(await next.collection(name).get(document)).toMatchObject({ externalId: document });
        }
        const { documentCount } = await next.getCollection(name);
        // One more may have been written that nobody was told of.
        expect(documentCount).toBeGreaterThanOrEqual(acknowledged.get(name)!.size);
        expect(documentCount).toBeLessThanOrEqual(acknowledged.get(name)!.size + round + 1);
      }
      await next.close();
      database = undefined;
    }
  });
});

describe("fifty collections, five of them open", () => {
  it.each([31])("are what Maps say, whatever is asked of them at once (seed %i)", async (seed) => {
    const model = new FleetModel(seed);
    let db = await reopen(5, { wal: { sync: "never" } });
    await model.create(db);
    for (let round = 0; round < 2; round++) {
      await Promise.all(Array.from({ length: 8 }, () => model.run(db, 20)));
      await model.check(db);
      await expectOpenAtMost(db, 5);
      db = await reopen(5, { wal: { sync: "never" } });
      await model.check(db);
    }
  });
});

interface ModelledCollection {
  readonly name: string;
  readonly documents: Map<string, number>;
  snapshot: { readonly id: string; readonly documents: ReadonlyMap<string, number> } | undefined;
  /** Changes of one collection follow each other; those of several go on at once. */
  turn: Promise<void>;
}

class FleetModel {
  readonly #random: SeededRandom;
  readonly #collections: ModelledCollection[];

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
    this.#collections = Array.from({ length: 50 }, (_, n) => ({
      name: `c${n}`,
      documents: new Map<string, number>(),
      snapshot: undefined,
      turn: Promise.resolve(),
    }));
  }

  async create(db: AkiDb): Promise<void> {
    for (const { name } of this.#collections) await db.createCollection({ name, dimension: 16 });
  }

  async run(db: AkiDb, steps: number): Promise<void> {
    for (let step = 0; step < steps; step++) {
      const collection = this.#collections[this.#random.nextInt(this.#collections.length)]!;
      const choice = this.#random.nextInt(100);
      const done = collection.turn.then(() => this.#step(db, collection, choice));
      collection.turn = done.catch(() => {});
      await done;
    }
  }

  /** Without opening any. */
  async check(db: AkiDb): Promise<void> {
    const { items } = await db.listCollections({ limit: 1_000 });
    const counts = new Map(items.map(({ name, documentCount }) => [name, documentCount]));
    for (const { name, documents } of this.#collections) expect(counts.get(name)).toBe(documents.size);
  }

  async #step(db: AkiDb, collection: ModelledCollection, choice: number): Promise<void> {
    const { name, documents } = collection;
    const handle = db.collection(name);
    const externalId = `d${this.#random.nextInt(6)}`;
    if (choice < 45) {
      const value = this.#random.nextInt(1_000_000);
      await handle.upsert([{ externalId, vector: vectorOf(value), metadata: { value } }]);
      documents.set(externalId, value);
    } else if (choice < 55) {
      const deletion = handle.delete(externalId);
      if (documents.delete(externalId)) await deletion;
      else await expect(deletion).rejects.toMatchObject({ code: "not_found" });
    } else if (choice < 85) {
      await Promise.all([1, 2, 3].map(() => this.#expectFound(db, collection)));
    } else if (choice < 91) {
      const { id } = await handle.createSnapshot();
      collection.snapshot = { id, documents: new Map(documents) };
    } else if (choice < 96 && collection.snapshot !== undefined) {
      await handle.restoreSnapshot(collection.snapshot.id);
      documents.clear();
      for (const [id, value] of collection.snapshot.documents) documents.set(id, value);
    } else {
      await db.deleteCollection(name);
      await db.createCollection({ name, dimension: 16 });
      documents.clear();
      collection.snapshot = undefined;
    }
  }

  async #expectFound(db: AkiDb, { name, documents }: ModelledCollection): Promise<void> {
    const { matches } = await db
      .collection(name)
      .query({ vector: vectorOf(1), topK: 10, include: ["metadata"] });
    const found = matches.map(({ externalId, metadata }) => [
      externalId,
      (metadata as { value: number }).value,
    ]);
    expect(found.toSorted()).toEqual([...documents].toSorted());
  }
}

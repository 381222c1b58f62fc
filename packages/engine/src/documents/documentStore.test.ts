import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type DocumentId,
  idToBytes,
  SeededRandom,
  systemClock,
  systemRandom,
  UuidV7Generator,
  unavailable,
} from "@akidb/base";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { nodeDisk } from "../adapters/nodeDisk.ts";
import { DocumentWriter } from "../adapters/sqlite/documentWriter.ts";
import { openDocumentFile, suspectDocumentFile } from "../adapters/sqlite/openDocumentFile.ts";
import { verifyDocumentFile } from "../adapters/sqlite/verifyDocumentFile.ts";
import type { ResolvedDocument } from "../collection/mutation.ts";
import { DamagedFileError } from "../damagedFileError.ts";
import type { DocumentFile } from "./documentFile.ts";
import { DocumentStore } from "./documentStore.ts";
import { RandomMutations } from "./randomMutations.test.data.ts";

const ids = new UuidV7Generator(systemClock, systemRandom);
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "akidb-documents-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

const openFile = () => openDocumentFile({ disk: nodeDisk, directory });
const storeOf = (file: DocumentFile) => new DocumentStore({ file, syncLog: async () => {} });
const open = async () => storeOf((await openFile()).file);

function expectContents(
  store: Pick<DocumentStore, "get">,
  documents: ReadonlyMap<DocumentId, ResolvedDocument>,
  all: Iterable<DocumentId>,
): void {
  for (const id of all) expect(store.get(id)).toEqual(documents.get(id));
}

/** Every id that the mutations up to an LSN may have touched, and the documents then. */
function replayed(seed: number, lsn: number) {
  const mutations = new RandomMutations(seed);
  const touched = new Set<DocumentId>();
  while (mutations.lsn < lsn) {
    mutations.next();
    for (const id of mutations.documents.keys()) touched.add(id);
  }
  return { documents: mutations.documents, touched };
}

const document = (overrides: Partial<ResolvedDocument> = {}): ResolvedDocument => ({
  id: ids.next<"document">(),
  externalId: undefined,
  text: "text",
  metadata: undefined,
  insertedAtMs: 1,
  updatedAtMs: 2,
  expiresAtMs: undefined,
  version: 1,
  ...overrides,
});
const upsert = (...documents: ResolvedDocument[]) =>
  ({ kind: "upsert", documents, vectors: new Float32Array(documents.length) }) as const;

describe("document store", () => {
  const cases = [
    { seed: 1, thread: "this" },
    { seed: 2, thread: "another" },
    { seed: 3, thread: "another" },
  ];

  it.each(cases)(
    "equals a Map under random mutations, flushes and reopenings: %o",
    async ({ seed, thread }) => {
      const writer = new DocumentWriter();
      const open = async () => {
        const { file } = await openFile();
        return storeOf(thread === "this" ? file : writer.writing(file));
      };
      const random = new SeededRandom(seed);
      const mutations = new RandomMutations(seed);
      const touched = new Set<DocumentId>();
      let store = await open();
      for (let round = 0; round < 400; round++) {
        store.apply(mutations.next(), mutations.lsn);
        for (const id of mutations.documents.keys()) touched.add(id);
        const action = random.nextInt(20);
        // Not awaited: later mutations come while it is under way.
        if (action === 0) void store.flush();
        if (action === 1) await store.flush();
        if (action === 2) await store.sync();
        if (action === 3) {
          await store.close();
          store = await open();
        }
        if (round % 10 === 0) expectContents(store, mutations.documents, touched);
      }
      await store.flush();
      expect(store.writtenLsn).toBe(mutations.lsn);
      expect(store.writtenCount).toBe(mutations.documents.size);
      expectContents(store, mutations.documents, touched);
      await store.close();
      await writer.close();
    },
  );

  it("is told by the other thread what is wrong with the file", async () => {
    const writer = new DocumentWriter();
    const store = storeOf(writer.writing((await openFile()).file));
    store.apply(upsert(document()), 1);
    await store.flush();
    // Two documents of one external id are nothing that a collection decides.
    store.apply(upsert(document({ externalId: "a" }), document({ externalId: "a" })), 2);
    await expect(store.flush()).rejects.toThrow(DamagedFileError);
    expect(store.writtenLsn).toBe(1);
    await store.close();
    await writer.close();
    const reopened = await open();
    expect(reopened.writtenCount).toBe(1);
    await reopened.close();
  });

  it("is synced between transactions, whoever else waits for theirs", async () => {
    const store = await open();
    const text = "x".repeat(5_000);
    // Each a transaction of its own.
    for (let lsn = 1; lsn <= 6; lsn++) {
      store.apply(upsert(...Array.from({ length: 1_000 }, () => document({ text }))), lsn);
      if (lsn === 1) void store.flush();
    }
    const syncing = store.sync();
    store.apply(upsert(...Array.from({ length: 1_000 }, () => document({ text }))), 7);
    store.apply(upsert(...Array.from({ length: 1_000 }, () => document({ text }))), 8);
    store.apply(upsert(...Array.from({ length: 1_000 }, () => document({ text }))), 9);
    await Promise.all([store.flush(), syncing]);
    expect(store.writtenLsn).toBe(9);
    await store.close();
  });

  it.each(["this", "another"])(
    "takes no more memory for the transactions that wrote it, from %s thread",
    async (thread) => {
      const writer = new DocumentWriter();
      const { file } = await openFile();
      const store = storeOf(thread === "this" ? file : writer.writing(file));
      const written = document();
      const write = async (lsn: number) => {
        store.apply(upsert({ ...written, version: lsn }), lsn);
        await store.flush();
      };
      for (let lsn = 1; lsn <= 10; lsn++) await write(lsn);
      const { memoryBytes, diskBytes } = store;
      for (let lsn = 11; lsn <= 40; lsn++) await write(lsn);
      expect(store.diskBytes).toBeGreaterThan(diskBytes + 30 * 4_096);
      expect(store.memoryBytes).toBe(memoryBytes);
      await store.close();
      await writer.close();
    },
  );

  it("skips what it has", async () => {
    const store = await open();
    const first = document();
    store.apply(upsert(first), 1);
    store.apply(upsert({ ...first, version: 9 }), 1);
    expect(store.get(first.id)).toEqual(first);
    await store.close();
    const reopened = await open();
    reopened.apply(upsert({ ...first, version: 9 }), 1);
    expect(reopened.get(first.id)).toEqual(first);
    expect(reopened.appliedLsn).toBe(1);
    await reopened.close();
  });

  it("shows a snapshot what was there, however often it was replaced since, and forgets it then", async () => {
    const store = await open();
    const first = document({ text: "first" });
    const other = document({ text: "other" });
    store.apply(upsert(first, other), 1);
    await store.flush();
    const early = store.snapshot();
    store.apply(upsert({ ...first, text: "second" }), 2);
    const late = store.snapshot();
    store.apply(upsert({ ...first, text: "third" }, { ...first, text: "fourth" }), 3);
    store.apply({ kind: "delete", ids: [first.id, other.id], deletedAtMs: 0 }, 4);
    await store.flush();
    expect([early, late].map((snapshot) => snapshot.get(first.id)?.text)).toEqual(["first", "second"]);
    expect([early, late].map((snapshot) => snapshot.get(other.id)?.text)).toEqual(["other", "other"]);
    const textsOf = (ids: readonly DocumentId[]) => late.getMany(ids).map((found) => found?.text);
    expect(textsOf([other.id, first.id, other.id])).toEqual(["other", "second", "other"]);
    early[Symbol.dispose]();
    expect(late.get(first.id)?.text).toBe("second");
    late[Symbol.dispose]();
    expect(store.get(first.id)).toBeUndefined();
    const [waiting, written] = [document({ text: "waiting" }), document({ text: "written" })];
    store.apply(upsert(written), 5);
    await store.flush();
    store.apply(upsert(waiting), 6);
    using latest = store.snapshot();
    expect(latest.getMany([waiting.id, first.id, written.id])).toEqual([waiting, undefined, written]);
    await store.close();
  });

  it("writes nothing that the log could lose", async () => {
    const { file } = await openFile();
    const synced: number[] = [];
    const store = new DocumentStore({
      file,
      syncLog: async (lsn) => {
        expect(file.appliedLsn).toBeLessThan(lsn);
        synced.push(lsn);
      },
    });
    for (let lsn = 1; lsn <= 3; lsn++) store.apply(upsert(document()), lsn);
    await store.flush();
    expect(synced).toEqual([3]);
    await store.close();
  });

  it("keeps what the disk refuses, tells who waits for it, and writes it later", async () => {
    const { file } = await openFile();
    let refusals = 2;
    const full: DocumentFile = new Proxy(file, {
      get: (target, name) => {
        if (name === "write" && refusals > 0) {
          return async () => {
            refusals -= 1;
            throw unavailable("the disk is full");
          };
        }
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    const store = storeOf(full);
    const written = document();
    store.apply(upsert(written), 1);
    await expect(store.flush()).rejects.toMatchObject({ code: "unavailable" });
    await expect(store.sync()).rejects.toMatchObject({ code: "unavailable" });
    expect(store.get(written.id)).toEqual(written);
    await store.flush();
    expect(store.writtenLsn).toBe(1);
    await store.close();
  });
});

describe("a killed process", () => {
  const child = fileURLToPath(new URL("../adapters/documentWriter.test.child.ts", import.meta.url));

  it.each([11, 12])("leaves an LSN, whole, and the log completes it (seed %d)", async (seed) => {
    const random = new SeededRandom(seed);
    let lsn = 0;
    for (let round = 0; round < 4; round++) {
      const writer = spawn(process.execPath, ["--conditions=source", child, directory, String(seed)]);
      await once(writer.stdout, "data");
      await new Promise((resolve) => setTimeout(resolve, 20 + random.nextInt(200)));
      writer.kill("SIGKILL");
      await once(writer, "exit");
      const { file, damage } = await openFile();
      expect(damage).toBeUndefined();
      expect(file.appliedLsn).toBeGreaterThanOrEqual(lsn);
      lsn = file.appliedLsn;
      const before = replayed(seed, lsn);
      const store = storeOf(file);
      expectContents(store, before.documents, before.touched);
      expect(file.count).toBe(before.documents.size);
      const mutations = new RandomMutations(seed);
      while (mutations.lsn < lsn + 50) store.apply(mutations.next(), mutations.lsn);
      await store.close();
      const completed = await open();
      const after = replayed(seed, lsn + 50);
      expectContents(completed, after.documents, after.touched);
      await completed.close();
    }
    expect(lsn).toBeGreaterThan(0);
  });
});

const database = () => join(directory, "documents.db");
const pageBytes = 4_096;

describe("a damaged file", () => {
  async function fill(lsnCount: number): Promise<RandomMutations> {
    const mutations = new RandomMutations(5);
    const store = await open();
    while (mutations.lsn < lsnCount) {
      store.apply(mutations.next(), mutations.lsn);
      if (mutations.lsn % 20 === 0) await store.flush();
    }
    await store.close();
    return mutations;
  }

  const classOf = (page: Uint8Array, index: number): string => {
    if (index === 0) return "header";
    const names: Record<number, string> = {
      2: "index interior",
      5: "interior",
      10: "index leaf",
      13: "leaf",
    };
    return names[page[0]!] ?? "overflow or free";
  };

  it("never gives anything but what was written, wherever a byte flips (seed 41)", async () => {
    const random = new SeededRandom(41);
    // Enough for interior pages in table and index.
    const store = await open();
    const truth = new Map<DocumentId, ResolvedDocument>();
    for (let lsn = 1; lsn <= 40; lsn++) {
      const documents = Array.from({ length: 25 }, (_, n) =>
        document({ externalId: `${lsn}-${n}`, text: "ü".repeat(n === 0 ? 9_000 : random.nextInt(600)) }),
      );
      for (const written of documents) truth.set(written.id, written);
      store.apply(upsert(...documents), lsn);
    }
    await store.close();
    const whole = readFileSync(database());
    const pages = Array.from({ length: whole.length / pageBytes }, (_, n) =>
      whole.subarray(n * pageBytes, (n + 1) * pageBytes),
    );
    const byClass = Map.groupBy(pages.keys(), (index) => classOf(pages[index]!, index));
    expect([...byClass.keys()].sort()).toEqual([
      "header",
      "index interior",
      "index leaf",
      "interior",
      "leaf",
      "overflow or free",
    ]);
    const outcomes = { whole: 0, salvaged: 0, refused: 0, missing: 0 };
    for (const [name, indexes] of byClass) {
      for (let round = 0; round < 12; round++) {
        rmSync(directory, { recursive: true });
        const bytes = Buffer.from(whole);
        const page = indexes[random.nextInt(indexes.length)]!;
        // The first bytes of a page say how to read it: flipped more often than by chance.
        const offset = round % 2 === 0 ? random.nextInt(100) : random.nextInt(pageBytes);
        bytes[page * pageBytes + offset]! ^= 1 << random.nextInt(8);
        await nodeDisk.makeDirectory(directory);
        writeFileSync(database(), bytes);
        let opened: Awaited<ReturnType<typeof openFile>>;
        try {
          opened = await openFile();
        } catch (error) {
          expect(error, `${name}, page ${page}, byte ${offset}`).toBeInstanceOf(DamagedFileError);
          outcomes.refused += 1;
          continue;
        }
        const { file, damage } = opened;
        if (damage !== undefined) {
          outcomes.salvaged += 1;
          expect(file.appliedLsn).toBe(0);
          expect(damage.salvagedCount).toBe(file.count);
          expect(existsSync(join(directory, damage.quarantinedAs))).toBe(true);
        }
        let isWhole = damage === undefined;
        for (const [id, expected] of truth) {
          try {
            const found = file.read(id);
            if (found !== undefined) expect(found, `${name}, page ${page}, byte ${offset}`).toEqual(expected);
            else outcomes.missing += 1;
            isWhole &&= found !== undefined;
          } catch (error) {
            expect(error).toBeInstanceOf(DamagedFileError);
            isWhole = false;
          }
        }
        if (isWhole) outcomes.whole += 1;
        await file.close();
      }
    }
    expect(outcomes.salvaged).toBeGreaterThan(0);
    expect(outcomes.whole).toBeLessThan(60);
  });

  it("is put aside, and all that can be read is in a new one", async () => {
    const mutations = await fill(200);
    const bytes = readFileSync(database());
    const known = [...mutations.documents.keys()].map((id) => Buffer.from(idToBytes(id)));
    const page = Array.from({ length: bytes.length / pageBytes }, (_, n) => n).find((n) => {
      const page = bytes.subarray(n * pageBytes, (n + 1) * pageBytes);
      const isLeaf = n > 0 && page[0] === 13 && page.readUInt16BE(3) > 1;
      return isLeaf && known.some((id) => page.includes(id));
    })!;
    bytes.fill(0xee, page * pageBytes, (page + 1) * pageBytes);
    writeFileSync(database(), bytes);
    // Not closed in order, so that it is looked at: SQLite's log of a process that was killed.
    writeFileSync(`${database()}-wal`, "torn");
    const { file, damage } = await openFile();
    expect(damage).toMatchObject({ quarantinedAs: "documents.db.damaged-1", appliedLsn: 200 });
    expect(damage!.salvagedCount).toBeGreaterThan(0);
    expect(damage!.salvagedCount).toBeLessThan(mutations.documents.size);
    expect(file.count).toBe(damage!.salvagedCount);
    const store = storeOf(file);
    for (const [id, expected] of mutations.documents)
      expect([undefined, expected]).toContainEqual(store.get(id));
    const again = new RandomMutations(5);
    while (again.lsn < 200) store.apply(again.next(), again.lsn);
    await store.close();
    const completed = await open();
    expectContents(completed, mutations.documents, mutations.documents.keys());
    expect(completed.writtenCount).toBe(mutations.documents.size);
    await completed.close();
  });

  it.each([
    ["no SQLite file", () => writeFileSync(database(), Buffer.alloc(10_000, 0x55))],
    ["an empty one", () => truncateSync(database(), 0)],
    ["half of it", () => truncateSync(database(), pageBytes * 3)],
  ])("that is %s gives way to a new one", async (_name, damageIt) => {
    await fill(100);
    damageIt();
    const opened = await openFile();
    expect(opened.file.appliedLsn).toBe(0);
    const store = storeOf(opened.file);
    const mutations = new RandomMutations(5);
    while (mutations.lsn < 100) store.apply(mutations.next(), mutations.lsn);
    await store.close();
    const completed = await open();
    expectContents(completed, mutations.documents, mutations.documents.keys());
    expect(completed.writtenLsn).toBe(100);
    await completed.close();
  });

  it("of a newer version is refused by name, and left alone", async () => {
    await fill(10);
    const bytes = readFileSync(database());
    // The user version, in SQLite's header.
    bytes.writeUInt32BE(99, 60);
    writeFileSync(database(), bytes);
    await expect(openFile()).rejects.toThrow("documents.db: has schema version 99, written by a newer AkiDB");
    expect(readFileSync(database()).equals(bytes)).toBe(true);
  });

  it("of SQLite's own log leaves an LSN, whole, wherever a byte flips or it ends (seed 43)", async () => {
    const random = new SeededRandom(43);
    const store = await open();
    const mutations = new RandomMutations(43);
    while (mutations.lsn < 60) {
      store.apply(mutations.next(), mutations.lsn);
      if (mutations.lsn === 10) await store.sync();
      if (mutations.lsn % 5 === 0) await store.flush();
    }
    const crashed = `${directory}-crashed`;
    cpSync(directory, crashed, { recursive: true });
    await store.close();
    const log = `${database()}-wal`;
    const reached = new Set<number>();
    for (let round = 0; round < 40; round++) {
      rmSync(directory, { recursive: true });
      cpSync(crashed, directory, { recursive: true });
      const { size } = statSync(log);
      const kind = round % 4;
      if (kind === 0) truncateSync(log, random.nextInt(size));
      else if (round === 1) rmSync(log);
      else {
        const bytes = readFileSync(log);
        bytes[kind === 2 ? random.nextInt(32) : random.nextInt(size)]! ^= 1 << random.nextInt(8);
        writeFileSync(log, bytes);
      }
      const { file, damage } = await openFile();
      expect(damage).toBeUndefined();
      const { documents, touched } = replayed(43, file.appliedLsn);
      expectContents(storeOf(file), documents, touched);
      expect(file.count).toBe(documents.size);
      reached.add(file.appliedLsn);
      await file.close();
    }
    rmSync(crashed, { recursive: true });
    expect(Math.min(...reached)).toBeGreaterThanOrEqual(10);
    expect(reached.size).toBeGreaterThan(3);
  });
});

describe("a file of version 2", () => {
  const golden = fileURLToPath(new URL("./golden/documents-2.db", import.meta.url));
  const lsn = 80;

  it("is read for ever; a missing one is written by the test, which then fails", async () => {
    const { documents, touched } = replayed(9, lsn);
    const path = join(directory, "documents.db");
    if (!existsSync(golden)) {
      const store = await open();
      const mutations = new RandomMutations(9);
      while (mutations.lsn < lsn) store.apply(mutations.next(), mutations.lsn);
      await store.close();
      cpSync(path, golden);
      expect.fail(`wrote ${golden}; look at it, then commit it`);
    }
    cpSync(golden, path);
    const { file, damage } = await openFile();
    expect(damage).toBeUndefined();
    expect(file.appliedLsn).toBe(lsn);
    expectContents(storeOf(file), documents, touched);
    const expiring = [...documents.values()].filter(({ expiresAtMs }) => expiresAtMs !== undefined);
    expect(expiring.length).toBeGreaterThan(0);
    expect([...file.expirations()].map(([id]) => id).toSorted()).toEqual(
      expiring.map(({ id }) => id).toSorted(),
    );
    await file.close();
  });
});

describe("a file of version 1", () => {
  const golden = new URL("./golden/documents-1.db", import.meta.url);
  const place = () => writeFileSync(join(directory, "documents.db"), readFileSync(golden));
  /** Documents of no version of it had an expiry. */
  const contentsOf = (file: DocumentFile) =>
    [...file.ids()].map((id) => file.read(id)).sort((a, b) => (a!.id < b!.id ? -1 : 1));

  it("is upgraded when it is opened, once, with everything that is in it", async () => {
    place();
    const { file, damage } = await openFile();
    expect(damage).toBeUndefined();
    const contents = contentsOf(file);
    expect(contents).toHaveLength(file.count);
    expect(file.count).toBe(90);
    expect(contents.every((found) => found!.expiresAtMs === undefined)).toBe(true);
    const changed = { ...contents[0]!, expiresAtMs: 1_900_000_000_000, version: 9 };
    await file.write(new Map([[changed.id, changed]]), file.appliedLsn + 1);
    await file.close();
    const again = await openFile();
    expect(again.damage).toBeUndefined();
    expect(contentsOf(again.file)).toEqual([changed, ...contents.slice(1)]);
    expect([...again.file.expirations()]).toEqual([[changed.id, changed.expiresAtMs]]);
    await again.file.close();
  });

  it("is verified and salvaged as it is, without an upgrade", async () => {
    place();
    const path = join(directory, "documents.db");
    const before = readFileSync(path);
    const verified = await verifyDocumentFile({ path, isLive: false, onRead: () => {} });
    expect(verified).toMatchObject({ problems: [], damagedCount: 0 });
    expect(readFileSync(path).equals(before)).toBe(true);

    await suspectDocumentFile({ disk: nodeDisk, directory });
    const { file, damage } = await openFile();
    expect(damage).toMatchObject({ salvagedCount: 90, appliedLsn: verified.appliedLsn });
    await file.close();
  });

  it("says in the number of its version what is not so, and is salvaged", async () => {
    const store = await open();
    const expiring = document({ expiresAtMs: 1_900_000_000_000 });
    store.apply(upsert(expiring, document()), 1);
    await store.close();
    const path = join(directory, "documents.db");
    const bytes = readFileSync(path);
    bytes.writeUInt32BE(1, 60);
    writeFileSync(path, bytes);
    const { file, damage } = await openFile();
    expect(damage).toMatchObject({ salvagedCount: 2 });
    expect(file.read(expiring.id)).toEqual(expiring);
    await file.close();
  });
});

describe("expirations", () => {
  it("are those of the documents, soonest first, over many readings", async () => {
    const { file } = await openFile();
    const random = new SeededRandom(7);
    const documents = Array.from({ length: 3_000 }, (_, at) =>
      document({ expiresAtMs: at % 3 === 0 ? undefined : 1_000 + random.nextInt(40) }),
    );
    await file.write(new Map(documents.map((each) => [each.id, each])), 1);
    const kept = documents.slice(100);
    await file.write(new Map(documents.slice(0, 100).map(({ id }) => [id, undefined])), 2);
    const expected = kept
      .filter(({ expiresAtMs }) => expiresAtMs !== undefined)
      .map(({ id, expiresAtMs }) => [id, expiresAtMs!] as const)
      .sort(([a, aMs], [b, bMs]) => aMs - bMs || (a < b ? -1 : 1));
    expect([...file.expirations()]).toEqual(expected);
    await file.close();
  });
});

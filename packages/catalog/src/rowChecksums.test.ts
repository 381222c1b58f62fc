import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, idToBytes, isAkiDbError, SeededRandom, systemClock, UuidV7Generator } from "@akidb/base";
import Sqlite, { type Database } from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Catalog } from "./catalog.ts";
import type { CollectionRecord } from "./collection.ts";
import type { DatabaseRecord } from "./database.ts";
import { openCatalog } from "./openCatalog.ts";
import { findDamagedRows } from "./sqlite/checksummedRows.ts";
import { registerRowChecksum, rowChecksum } from "./sqlite/rowChecksum.ts";
import type { TenantRecord } from "./tenant.ts";

const directory = mkdtempSync(join(tmpdir(), "akidb-rows-"));
afterAll(() => rmSync(directory, { recursive: true }));

const clock: Clock = { ...systemClock, nowMs: () => Date.UTC(2026, 0, 31) };
const ids = new UuidV7Generator(clock, new SeededRandom(3));
const open = (path: string) => openCatalog({ path, clock, ids });
let fileCount = 0;
const newPath = () => join(directory, `${fileCount++}.db`);

interface Contents {
  readonly tenants: readonly TenantRecord[];
  readonly databases: readonly DatabaseRecord[];
  readonly collections: readonly CollectionRecord[];
}

/** Closed, so that all of it is in the one file. */
let whole: Buffer;
let contents: Contents;

beforeAll(async () => {
  const path = newPath();
  const catalog = await open(path);
  const tenants: TenantRecord[] = [];
  const databases: DatabaseRecord[] = [];
  const collections: CollectionRecord[] = [];
  for (const name of ["Acme", "Zoë"]) {
    const tenant = await catalog.tenants.create({
      name,
      externalId: `crm-${name}`,
      metadata: { plan: "gold" },
    });
    tenants.push(await catalog.tenants.setStatus(tenant.id, "active"));
    for (const part of ["main", "tests"]) {
      const database = await catalog.databases.create(tenant.id, {
        name: part,
        description: `${name}'s ${part}`,
      });
      databases.push(database);
      for (let n = 0; n < 12; n++) {
        collections.push(
          await catalog.collections.create(database.id, { name: `books-${n}`, dimension: 100 + n }),
        );
      }
    }
  }
  collections[3] = await catalog.collections.update(collections[3]!.id, { maxDocumentCount: 77 });
  await catalog.close();
  whole = readFileSync(path);
  contents = { tenants, databases, collections };
});

async function openHarmed(
  bytes: Uint8Array,
): Promise<{ readonly path: string; readonly catalog: Catalog | undefined }> {
  const path = newPath();
  writeFileSync(path, bytes);
  try {
    return { path, catalog: await open(path) };
  } catch (error) {
    expect(error).toMatchObject({
      code: "failed_precondition",
      message: expect.stringContaining("is damaged"),
    });
    return { path, catalog: undefined };
  }
}

/** Whatever is served is what was written; what is not served is named. */
async function expectNothingWrong(catalog: Catalog): Promise<void> {
  const isNamed = catalog.damagedRows.length > 0;
  const listed: CollectionRecord[] = [];
  for (const { id } of contents.databases) {
    let cursor: string | undefined;
    do {
      const page = await catalog.collections.list(id, { limit: 5, ...(cursor && { cursor }) });
      listed.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor !== undefined);
  }
  expect(contents.collections).toEqual(expect.arrayContaining(listed));
  if (!isNamed) expect(listed).toHaveLength(contents.collections.length);

  const unlisted = contents.collections.filter(({ id }) => listed.every((each) => each.id !== id));
  const reads = [
    ...contents.tenants.map((tenant) => [tenant, () => catalog.tenants.get(tenant.id)] as const),
    ...contents.databases.map((database) => [database, () => catalog.databases.get(database.id)] as const),
    ...[...unlisted, ...contents.collections.slice(0, 5)].flatMap((each) => [
      [each, () => catalog.collections.get(each.id)] as const,
      [each, () => catalog.collections.findByName(each.databaseId, each.name)] as const,
    ]),
  ];
  for (const [written, read] of reads) {
    const found = await read().catch((error: unknown) => error);
    if (isAkiDbError(found)) {
      expect(isNamed).toBe(true);
      expect(["failed_precondition", "not_found"]).toContain(found.code);
    } else if (found === undefined) expect(isNamed).toBe(true);
    else expect(found).toEqual(written);
  }
}

describe("the checksums of rows", () => {
  test("are kept through every kind of change", async () => {
    const path = newPath();
    const catalog = await open(path);
    const tenant = await catalog.tenants.create({ name: "a" });
    await catalog.tenants.setStatus(tenant.id, "active");
    await catalog.tenants.update(tenant.id, { name: "b", metadata: { deep: [1, { x: null }] } });
    const database = await catalog.databases.create(tenant.id, { name: "a" });
    await catalog.collections.create(database.id, { name: "a", dimension: 16 });
    const raw = new Sqlite(path);
    registerRowChecksum(raw);
    // The machine's time follows, written by a trigger.
    raw.exec("update collections set name = 'c'; update databases set description = 'd'");
    expect(findDamagedRows(raw)).toEqual([]);
    expect((await catalog.collections.list(database.id)).items[0]).toMatchObject({ name: "c" });
    await catalog.tenants.delete(tenant.id);
    expect(raw.prepare("select count(*) from collections").pluck().get()).toBe(0);
    raw.close();
    await catalog.close();
  });

  test("are there for every table, and tell values, columns and tables apart", async () => {
    const raw = rawOf(whole);
    const names = raw
      .prepare("select name from sqlite_schema where type = 'table'")
      .pluck()
      .all() as string[];
    // Entries of the audit log have hashes.
    for (const table of names.filter((name) => name !== "audit_logs")) {
      const columns = raw.pragma(`table_info(${table})`) as { readonly name: string }[];
      expect(columns.map(({ name }) => name)).toContain("row_crc32c");
      const own = columns.map(({ name }) => name).filter((name) => name !== "row_crc32c");
      const triggers = raw
        .prepare("select sql from sqlite_schema where type = 'trigger' and tbl_name = ?")
        .pluck();
      const text = (triggers.all(table) as string[]).join("\n");
      expect(text).toContain(`row_crc32c('${table}(${own.join(",")})', ${own.join(", ")})`);
      expect(text).toContain(`after update of ${own.join(", ")} on ${table}`);
    }
    raw.close();
    const values = [null, 0, "", "0", new Uint8Array(0), new Uint8Array([0x30]), 1, "null"];
    const sums = values.flatMap((value) => [
      rowChecksum("t(a)", [value]),
      rowChecksum("t(b)", [value]),
      rowChecksum("t(a,b)", [value, null]),
      rowChecksum("t(a,b)", [null, value]),
    ]);
    // Two nulls are the same in either order.
    expect(new Set(sums).size).toBe(sums.length - 1);
    expect(rowChecksum("t(a,b)", ["ab", "c"])).not.toBe(rowChecksum("t(a,b)", ["a", "bc"]));
    // As another implementation of CRC32C gives it: files of later versions have it, too.
    expect(rowChecksum("t(a,b)", [null, "x"])).toBe(3_554_281_100);
  });

  test("are given to the rows of a catalog of version 1", async () => {
    const path = newPath();
    writeFileSync(path, whole);
    let catalog = await open(path);
    while ((await catalog.schemaVersion()) > 1) await catalog.revertLast();
    await catalog.close();
    catalog = await open(path);
    expect(await catalog.schemaVersion()).toBe(7);
    expect(catalog.damagedRows).toEqual([]);
    await expectNothingWrong(catalog);
    await catalog.close();
  });
});

describe("a row that is not what was written", () => {
  test("is named and not served; all others are", async () => {
    const { id, name, databaseId } = contents.collections[5]!;
    const raw = rawOf(whole);
    registerRowChecksum(raw);
    const triggers = raw.prepare(
      "select name, sql from sqlite_schema where tbl_name = 'collections' and type = 'trigger'",
    );
    const kept = triggers.all() as readonly { readonly name: string; readonly sql: string }[];
    for (const { name: trigger } of kept) raw.exec(`drop trigger ${trigger}`);
    raw.prepare("update collections set dimension = 333 where collection_id = ?").run(idToBytes(id));
    for (const { sql } of kept) raw.exec(sql);
    const { name: path } = raw;
    raw.close();
    const { catalog } = await openHarmed(readFileSync(path));
    expect(catalog!.damagedRows).toEqual([{ table: "collections", id }]);
    await expectNothingWrong(catalog!);
    const refusal = {
      code: "failed_precondition",
      message: `row ${id} of collections in catalog.db is damaged: it fails its checksum; put catalog.db back from a copy`,
    };
    await expect(catalog!.collections.get(id)).rejects.toMatchObject(refusal);
    await expect(catalog!.collections.findByName(databaseId, name)).rejects.toMatchObject(refusal);
    await expect(catalog!.collections.update(id, { maxDocumentCount: 1 })).rejects.toMatchObject(refusal);
    await catalog!.close();
  });

  test("is found wherever a bit of a value flips", async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    console.log(`seed ${seed}`);
    const random = new SeededRandom(seed);
    const texts = [
      "Acme",
      "Zoë",
      "crm-",
      "gold",
      "tests",
      "'s main",
      "books",
      "hashing",
      "cosine",
      "int8",
      "2026-01-31",
    ];
    const needles = [
      ...texts.map((text) => Buffer.from(text)),
      ...contents.collections.map(({ id }) => Buffer.from(idToBytes(id))),
    ];
    let named = 0;
    for (let round = 0; round < 20 || (named === 0 && round < 100); round++) {
      const places = placesOf(needles[random.nextInt(needles.length)]!, whole);
      if (places.length === 0) continue;
      const bytes = Buffer.from(whole);
      bytes[places[random.nextInt(places.length)]!]! ^= 1 << random.nextInt(8);
      const { catalog } = await openHarmed(bytes);
      if (catalog === undefined) continue;
      named += catalog.damagedRows.length;
      await expectNothingWrong(catalog);
      await catalog.close();
    }
    expect(named).toBeGreaterThan(0);
  }, 20_000);

  test("is found, or the file refused, wherever a bit of the file flips", async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    console.log(`seed ${seed}`);
    const random = new SeededRandom(seed);
    for (let round = 0; round < 20; round++) {
      const bytes = Buffer.from(whole);
      bytes[random.nextInt(bytes.length)]! ^= 1 << random.nextInt(8);
      const { catalog } = await openHarmed(bytes);
      if (catalog === undefined) continue;
      await expectNothingWrong(catalog);
      await catalog.close();
    }
  }, 20_000);
});

test("an index that does not fit its table is built anew", async () => {
  const raw = rawOf(whole);
  const root = raw
    .prepare("select rootpage from sqlite_schema where name = 'collections_by_database'")
    .pluck()
    .get();
  const pageBytes = raw.pragma("page_size", { simple: true }) as number;
  raw.close();
  const bytes = Buffer.from(whole);
  const page = bytes.subarray(((root as number) - 1) * pageBytes, (root as number) * pageBytes);
  const at = page.indexOf(Buffer.from(idToBytes(contents.collections[20]!.id)));
  expect(at).toBeGreaterThan(0);
  page[at + 15]! ^= 1;
  const { path, catalog } = await openHarmed(bytes);
  expect(catalog!.damagedRows).toEqual([]);
  await expectNothingWrong(catalog!);
  await catalog!.close();
  const mended = new Sqlite(path);
  expect(mended.pragma("integrity_check", { simple: true })).toBe("ok");
  mended.close();
});

function rawOf(bytes: Uint8Array): Database {
  const path = newPath();
  writeFileSync(path, bytes);
  return new Sqlite(path);
}

function placesOf(needle: Buffer, bytes: Buffer): readonly number[] {
  const places: number[] = [];
  for (let at = bytes.indexOf(needle); at !== -1; at = bytes.indexOf(needle, at + 1)) {
    for (let offset = 0; offset < needle.length; offset++) places.push(at + offset);
  }
  return places;
}

import { spawn } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { type Clock, idToBytes, SeededRandom, systemClock, UuidV7Generator } from "@akidb/base";
import Sqlite, { type Database } from "better-sqlite3";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { fillAccessControl } from "./accessControl.test.support.ts";
import { autoInitialize } from "./autoInitialize.ts";
import { checkCatalog } from "./catalog.contract.ts";
import type { Catalog } from "./catalog.ts";
import { databaseStates, databaseTransitions } from "./database.ts";
import { openCatalog } from "./openCatalog.ts";
import { catalogImageOfFiles, catalogImageWithout } from "./sqlite/catalogImage.ts";
import { registerRowChecksum } from "./sqlite/rowChecksum.ts";
import type { StateMachine } from "./stateMachine.ts";
import { tenantStatuses, tenantTransitions } from "./tenant.ts";

const directory = mkdtempSync(join(tmpdir(), "akidb-catalog-"));
let count = 0;
const newPath = () => join(directory, `${count++}.db`);
afterAll(() => rmSync(directory, { recursive: true }));

checkCatalog("SQLite", (sources) => openCatalog({ path: newPath(), ...sources }));

const clock: Clock = { ...systemClock, nowMs: () => Date.UTC(2026, 0, 31) };
const ids = new UuidV7Generator(clock, new SeededRandom(2));
const open = (path: string, options: { readonly migrate?: boolean; readonly readOnly?: boolean } = {}) =>
  openCatalog({ path, clock, ids, ...options });

describe("the SQLite file", () => {
  let path: string;
  let catalog: Catalog;
  let raw: Database;

  beforeEach(async () => {
    path = newPath();
    catalog = await open(path);
    raw = new Sqlite(path);
    registerRowChecksum(raw);
    raw.pragma("foreign_keys = on");
  });
  afterEach(async () => {
    raw.close();
    await catalog.close();
  });

  const one = (sql: string, ...parameters: unknown[]) => raw.prepare(sql).get(...parameters);
  const pragma = (name: string) => raw.pragma(name, { simple: true });

  test("has a write-ahead log, strict tables and its mark", () => {
    expect(pragma("journal_mode")).toBe("wal");
    expect(pragma("application_id")).toBe(0x416b6943);
    expect(pragma("user_version")).toBe(7);
    const tables = raw.pragma("table_list") as { schema: string; name: string; strict: number }[];
    const own = tables.filter(({ schema, name }) => schema === "main" && !name.startsWith("sqlite_"));
    expect(own.map(({ name }) => name).sort()).toEqual([
      "api_keys",
      "audit_chain",
      "audit_logs",
      "collection_tiers",
      "collections",
      "databases",
      "models",
      "policies",
      "reembeddings",
      "refresh_tokens",
      "sessions",
      "tenants",
      "users",
    ]);
    expect(own.every(({ strict }) => strict === 1)).toBe(true);
  });

  test("has identifiers of 16 bytes, times and JSON as text", async () => {
    const { id } = await catalog.tenants.create({ name: "Acme", metadata: { a: [1] } });
    const row = one("select tenant_id, created_at, metadata from tenants");
    expect(row).toEqual({
      tenant_id: Buffer.from(idToBytes(id)),
      created_at: "2026-01-31T00:00:00.000Z",
      metadata: '{"a":[1]}',
    });
  });

  test("has the same defaults as the repositories", async () => {
    const tenant = await catalog.tenants.create({ name: "a" });
    const database = await catalog.databases.create(tenant.id, { name: "a" });
    await catalog.collections.create(database.id, { name: "a", dimension: 16 });
    const id = (fill: number) => Buffer.alloc(16, fill);
    raw.prepare("insert into tenants (tenant_id, name, slug) values (?, 'a', 'b')").run(id(255));
    raw
      .prepare("insert into databases (database_id, tenant_id, name) values (?, ?, 'a')")
      .run(id(255), id(255));
    raw
      .prepare("insert into collections (collection_id, database_id, name, dimension) values (?, ?, 'a', 16)")
      .run(id(255), id(255));
    const own = /_id$|^slug$|_at$|^row_crc32c$/;
    for (const table of ["tenants", "databases", "collections"]) {
      const [byRepository, bySql] = raw.prepare(`select * from ${table} order by 1`).all() as object[];
      const shared = (row: object) => Object.entries(row).filter(([column]) => !own.test(column));
      expect(shared(bySql!)).toEqual(shared(byRepository!));
      expect(bySql).toHaveProperty("created_at", expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z$/));
    }
  });

  test("refuses what the repositories would refuse, and what is not of the column's type", async () => {
    const { tenant, database } = await autoInitialize(catalog);
    await catalog.collections.create(database.id, { name: "docs", dimension: 16 });
    for (const [table, assignment] of [
      ["tenants", "slug = 'A'"],
      ["tenants", "slug = null"],
      ["tenants", "name = ''"],
      ["tenants", "status = 'gone'"],
      ["tenants", "qps_quota = 'many'"],
      ["tenants", "qps_quota = 0"],
      ["tenants", "memory_quota_bytes = -1"],
      ["tenants", "metadata = '{'"],
      ["tenants", "metadata = '[]'"],
      ["tenants", "tenant_id = x'00'"],
      ["tenants", "updated_at = '2026-01-31 00:00:00'"],
      ["tenants", "updated_at = '2026-01-31T00:00:00.000Z' || char(0) || 'x'"],
      ["databases", "name = ''"],
      ["databases", "state = 'gone'"],
      ["databases", "schema_version = 0"],
      ["databases", "tenant_id = x'00000000000000000000000000000000'"],
      ["collections", "dimension = 15"],
      ["collections", "dimension = 4097"],
      ["collections", "dimension = 16.5"],
      ["collections", "metric = 'hamming'"],
      ["collections", "hnsw_m = 3"],
      ["collections", "hnsw_m = 65"],
      ["collections", "hnsw_ef_construction = 31"],
      ["collections", "hnsw_m = 4, hnsw_ef_construction = 7"],
      ["collections", "hnsw_ef_construction = 4097"],
      ["collections", "max_doc_count = 0"],
      ["collections", "tiering_policy = 'disk'"],
      ["collections", "replica_factor = 4"],
      ["collections", "wal_retention_seconds = -1"],
      ["collections", "sync_policy = 'never'"],
      ["collections", "quantization = 'int4'"],
      ["collections", "payload_indexes = 'null'"],
    ] as const) {
      const before = one(`select * from ${table}`);
      expect(() => raw.exec(`update ${table} set ${assignment}`), assignment).toThrow(
        /constraint failed|cannot store|no such step/,
      );
      expect(one(`select * from ${table}`), assignment).toEqual(before);
    }
    expect(await catalog.tenants.get(tenant.id)).toEqual(tenant);
  });

  test("never changes created_at, and lets updated_at follow", async () => {
    const { database } = await autoInitialize(catalog);
    await catalog.collections.create(database.id, { name: "docs", dimension: 16 });
    for (const table of ["tenants", "databases", "collections"]) {
      const sqlNow = "2027-01-01T00:00:00.000Z";
      expect(() => raw.exec(`update ${table} set created_at = '${sqlNow}'`)).toThrow(
        "created_at never changes",
      );
      raw.exec(`update ${table} set name = 'renamed'`);
      const { created_at, updated_at } = one(`select * from ${table}`) as Record<string, string>;
      expect(created_at).toBe("2026-01-31T00:00:00.000Z");
      expect(Math.abs(Date.parse(updated_at!) - Date.now())).toBeLessThan(60_000);
      raw.exec(`update ${table} set name = 'again', updated_at = '${sqlNow}'`);
      expect(one(`select updated_at from ${table}`)).toEqual({ updated_at: sqlNow });
    }
  });

  test("takes exactly the steps of the state machines", async () => {
    const { id } = await catalog.tenants.create({ name: "Acme" });
    await catalog.databases.create(id, { name: "main" });
    checkSteps("tenants", "status", tenantStatuses, tenantTransitions);
    checkSteps("databases", "state", databaseStates, databaseTransitions);

    function checkSteps<State extends string>(
      table: string,
      column: string,
      states: readonly State[],
      machine: StateMachine<State>,
    ): void {
      const trigger = `${table}_${column}_steps`;
      const { sql } = one("select sql from sqlite_schema where name = ?", trigger) as { sql: string };
      for (const from of states) {
        for (const to of states) {
          raw.exec(`drop trigger ${trigger}; update ${table} set ${column} = '${from}'; ${sql}`);
          const step = () => raw.exec(`update ${table} set ${column} = '${to}'`);
          if (from === to || machine[from].includes(to)) step();
          else expect(step, `${from} to ${to}`).toThrow("has no such step");
        }
      }
    }
  });

  test("lets nothing begin in another state than the first", () => {
    const insert =
      "insert into tenants (tenant_id, name, slug, status) values (randomblob(16), 'a', 'a', 'active')";
    expect(() => raw.exec(insert)).toThrow("tenants.status begins as provisioning");
  });

  test("reports what a trigger refuses behind the repository's back as invalid_state", async () => {
    const { id } = await catalog.tenants.create({ name: "Acme" });
    raw.exec(`create trigger late before update of status on tenants
      begin select raise(abort, 'invalid_state: too late'); end`);
    await expect(catalog.tenants.setStatus(id, "active")).rejects.toMatchObject({
      code: "invalid_state",
      message: "too late",
    });
  });

  test("is deleted downwards by its foreign keys", async () => {
    const { database } = await autoInitialize(catalog);
    await catalog.collections.create(database.id, { name: "docs", dimension: 16 });
    raw.exec("delete from tenants");
    expect(one("select count(*) as n from collections")).toEqual({ n: 0 });
  });

  test("shows no SQL in an error", async () => {
    raw.exec("alter table collections rename to gone");
    const { database } = await autoInitialize(catalog);
    await expect(catalog.collections.list(database.id)).rejects.toMatchObject({
      code: "internal",
      message: "internal error",
    });
  });

  test("is copied as it is at one moment, with or without some of its collections", async () => {
    const { database } = await autoInitialize(catalog);
    const create = (name: string) => catalog.collections.create(database.id, { name, dimension: 16 });
    const [a, b] = [await create("a"), await create("b")];
    const image = await catalog.image();
    const later = await create("later");
    const entry = ({ id, databaseId, name }: typeof a) => ({ id, databaseId, name, generation: 0 });
    expect(image.collections).toEqual([entry(a), entry(b)]);
    await catalog.collectionTiers.update(a.id, { tier: "cold" });
    const ofFiles = catalogImageOfFiles(await catalog.image());
    const less = catalogImageWithout(image, new Set([a.id]));
    expect(less.collections).toEqual([entry(b)]);
    for (const [{ bytes }, records] of [
      [image, [a, b]],
      [less, [b]],
      [ofFiles, [a, b, later]],
    ] as const) {
      const copyPath = newPath();
      writeFileSync(copyPath, bytes);
      const copy = await open(copyPath);
      expect((await copy.collections.list(database.id)).items).toEqual(records);
      expect(copy.damagedRows).toEqual([]);
      expect((await copy.collectionTiers.list({ tier: "cold" })).items).toEqual([]);
      await copy.close();
    }
  });

  test("keeps its rows", async () => {
    const place = await autoInitialize(catalog);
    await catalog.close();
    catalog = await open(path);
    expect(await autoInitialize(catalog)).toEqual(place);
  });

  test("keeps what was acknowledged before its process was killed", async () => {
    const built = new URL("../dist/index.js", import.meta.url).href;
    const code = `
      import { openCatalog } from ${JSON.stringify(built)};
      const clock = { nowMs: Date.now, monotonicMs: Date.now };
      let n = 0;
      const ids = { next: () => "0199d6a0-0000-7000-8000-" + String(++n).padStart(12, "0") };
      const { tenants } = await openCatalog({ path: ${JSON.stringify(path)}, clock, ids });
      for (;;) console.log((await tenants.create({ name: "Acme" })).slug);`;
    await catalog.close();
    raw.close();
    const child = spawn(process.execPath, ["--input-type=module", "-e", code], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const acknowledged: string[] = [];
    for await (const slug of createInterface({ input: child.stdout })) {
      acknowledged.push(slug);
      if (acknowledged.length === 50) child.kill("SIGKILL");
    }
    catalog = await open(path);
    raw = new Sqlite(path);
    registerRowChecksum(raw);
    for (const slug of acknowledged) expect(await catalog.tenants.findBySlug(slug)).toBeDefined();
    expect(acknowledged.length).toBeGreaterThanOrEqual(50);
  });

  test("can be reverted, step by step, and migrated again", async () => {
    await autoInitialize(catalog);
    const [hierarchy, rowChecksums, textLanguage, accessControl, moreTextLanguages, ...rest] = [
      { version: 1, name: "hierarchy" },
      { version: 2, name: "row-checksums" },
      { version: 3, name: "text-language" },
      { version: 4, name: "access-control" },
      { version: 5, name: "more-text-languages" },
      { version: 6, name: "model-registry" },
      { version: 7, name: "reembeddings" },
    ];
    const [modelRegistry, reembeddings] = rest;
    expect(await catalog.migrationStatus()).toEqual(
      [hierarchy, rowChecksums, textLanguage, accessControl, moreTextLanguages, ...rest].map((migration) => ({
        ...migration,
        applied: true,
      })),
    );
    expect(await catalog.revertLast()).toEqual({ ...reembeddings, applied: false });
    expect(await catalog.schemaVersion()).toBe(6);
    expect(one("select count(*) as n from databases")).toEqual({ n: 1 });
    await expect(catalog.tenants.list()).rejects.toMatchObject({
      code: "failed_precondition",
      message: "the catalog has not been migrated to the newest schema",
    });
    for (const migration of [
      modelRegistry,
      moreTextLanguages,
      accessControl,
      textLanguage,
      rowChecksums,
      hierarchy,
    ]) {
      expect(await catalog.revertLast()).toEqual({ ...migration, applied: false });
    }
    expect(await catalog.schemaVersion()).toBe(0);
    expect(one("select count(*) as n from sqlite_schema")).toEqual({ n: 0 });
    expect(await catalog.revertLast()).toBeUndefined();

    const before = schemaOf(await newCatalogFile());
    await catalog.migrateToLatest();
    expect(schemaOf(path)).toEqual(before);
    expect(await catalog.tenants.list()).toEqual({ items: [] });
    await autoInitialize(catalog);
  });

  test("is reverted and migrated with all that it holds", async () => {
    const { tenant, database } = await autoInitialize(catalog);
    const collection = await catalog.collections.create(database.id, { name: "docs", dimension: 16 });
    const pinned = { embeddingModel: "hashing", modelFingerprint: "hashing/1/16" };
    const german = { name: "texte", dimension: 16, textLanguage: "german", ...pinned } as const;
    const { id } = await catalog.collections.create(database.id, german);
    await fillAccessControl(catalog, tenant.id);
    await catalog.revertLast();
    await catalog.revertLast();
    expect(one("select embedding_model from collections where name = 'texte'")).toEqual({
      embedding_model: "hashing",
    });
    await catalog.revertLast();
    expect(one("select text_language from collections where name = 'texte'")).toEqual({
      text_language: "none",
    });
    await catalog.revertLast();
    await catalog.migrateToLatest();
    expect(await catalog.collections.get(collection.id)).toEqual(collection);
    expect(await catalog.collections.get(id)).toMatchObject({
      ...german,
      textLanguage: "none",
      modelFingerprint: null,
    });
    expect(await catalog.collectionTiers.get(collection.id)).toMatchObject({ tier: "hot" });
    expect(await catalog.users.list(tenant.id)).toEqual({ items: [] });
  });

  test("is not reverted below what says where files are", async () => {
    const { database } = await autoInitialize(catalog);
    const { id: collectionId } = await catalog.collections.create(database.id, {
      name: "docs",
      dimension: 16,
    });
    const to = { dimension: 32, embeddingModel: "hashing", modelFingerprint: "hashing/1/32" };
    const { id } = await catalog.reembeddings.begin({ collectionId, to });
    const flipped = await catalog.reembeddings.flip(id, "2026-02-07T00:00:00.000Z");
    await expect(catalog.revertLast()).rejects.toThrow();
    expect(await catalog.schemaVersion()).toBe(7);
    expect(await catalog.collections.get(collectionId)).toEqual(flipped);
  });

  test("is copied before its schema changes, and the copy can be opened", async () => {
    const { tenant } = await autoInitialize(catalog);
    await fillAccessControl(catalog, tenant.id);
    const copies = () => readdirSync(directory).filter((name) => name.startsWith(`${basename(path)}.v`));
    await catalog.migrateToLatest();
    expect(copies()).toEqual([]);
    await catalog.revertLast();
    await catalog.revertLast();
    await catalog.revertLast();
    await catalog.revertLast();
    await catalog.close();
    catalog = await open(path);
    expect(copies().sort()).toEqual([
      `${basename(path)}.v3-2026-01-31T00-00-00.000Z`,
      `${basename(path)}.v4-2026-01-31T00-00-00.000Z`,
      `${basename(path)}.v5-2026-01-31T00-00-00.000Z`,
      `${basename(path)}.v6-2026-01-31T00-00-00.000Z`,
      `${basename(path)}.v7-2026-01-31T00-00-00.000Z`,
    ]);
    const copy = await open(join(directory, copies().sort()[4]!));
    expect((await copy.users.list(tenant.id)).items).toHaveLength(1);
    expect((await copy.auditLog.head()).sequence).toBe(1);
    await copy.close();
    expect(await catalog.users.list(tenant.id)).toEqual({ items: [] });
  });

  test("keeps its schema where no copy can be written", async () => {
    await catalog.close();
    mkdirSync(`${path}.v7-2026-01-31T00-00-00.000Z`);
    catalog = await open(path);
    await expect(catalog.revertLast()).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringMatching(/^the catalog cannot be copied before its schema changes \(\w+\)/),
    });
    expect(await catalog.schemaVersion()).toBe(7);
    await autoInitialize(catalog);
  });

  test("is left as it is on demand", async () => {
    await catalog.revertLast();
    await catalog.close();
    catalog = await open(path, { migrate: false });
    expect((await catalog.migrationStatus()).map(({ applied }) => applied)).toEqual([
      true,
      true,
      true,
      true,
      true,
      true,
      false,
    ]);
    await catalog.close();
    catalog = await open(path);
    expect(await catalog.schemaVersion()).toBe(7);
  });

  test("is read beside its writer, and not written", async () => {
    const { tenant } = await autoInitialize(catalog);
    const reader = await open(path, { readOnly: true });
    expect(await reader.tenants.get(tenant.id)).toEqual(tenant);
    const refused = { code: "failed_precondition", message: "the catalog is open for reading only" };
    await expect(reader.tenants.create({ name: "x" })).rejects.toMatchObject(refused);
    await expect(reader.revertLast()).rejects.toMatchObject({ code: "failed_precondition" });
    await catalog.tenants.update(tenant.id, { name: "renamed" });
    expect(await reader.tenants.get(tenant.id)).toMatchObject({ name: "renamed" });
    await reader.close();
    await expect(open(newPath(), { readOnly: true })).rejects.toMatchObject({ code: "failed_precondition" });
  });
});

describe("refused, as they are", () => {
  async function expectRefusal(path: string, message: RegExp): Promise<void> {
    const before = statSync(path).isFile() ? readFileSync(path) : undefined;
    const error = await open(path).then(
      () => expect.fail("it was opened"),
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ name: "AkiDbError", code: "failed_precondition" });
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).not.toContain(directory);
    if (before !== undefined) expect(readFileSync(path).equals(before)).toBe(true);
  }

  test("a file of a newer version", async () => {
    const path = await newCatalogFile();
    alter(path, "pragma user_version = 8");
    await expectRefusal(path, /^\d+\.db has schema version 8, .* knows schemas up to 7: use the version/);
  });

  test("another program's database", async () => {
    const path = newPath();
    alter(path, "create table notes (text)");
    await expectRefusal(path, /another program's/);
  });

  test("what is no database", async () => {
    const path = newPath();
    writeFileSync(path, "Dear diary. ".repeat(1_000));
    await expectRefusal(path, /is damaged/);
  });

  test("half a database", async () => {
    const path = await newCatalogFile();
    truncateSync(path, statSync(path).size / 2);
    await expectRefusal(path, /is damaged/);
  });

  test("a database with a page of something else", async () => {
    const path = await newCatalogFile();
    const bytes = readFileSync(path);
    bytes.fill(0xa5, 2 * 4_096, 3 * 4_096);
    writeFileSync(path, bytes);
    await expectRefusal(path, /is damaged/);
  });

  test("a folder", async () => {
    const path = newPath();
    mkdirSync(path);
    await expectRefusal(path, /cannot be/);
  });

  test("a file in a directory that does not exist", async () => {
    await expect(open(join(directory, "none", "catalog.db"))).rejects.toMatchObject({
      code: "failed_precondition",
      message: "the directory of catalog.db does not exist",
    });
  });

  test("but not an empty file", async () => {
    const path = newPath();
    writeFileSync(path, "");
    const catalog = await open(path);
    await autoInitialize(catalog);
    await catalog.close();
  });
});

function alter(path: string, sql: string): void {
  const database = new Sqlite(path);
  database.exec(sql);
  database.close();
}

async function newCatalogFile(): Promise<string> {
  const path = newPath();
  const catalog = await open(path);
  await catalog.close();
  return path;
}

function schemaOf(path: string): unknown {
  const database = new Sqlite(path);
  const schema = database.prepare("select type, name, sql from sqlite_schema order by name").all();
  database.close();
  return schema;
}

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { type AkiDb, SeededRandom } from "@akidb/base";
import { connect } from "@akidb/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ServerProcess, startServerProcess } from "./serverProcess.ts";

/** What a server wrote is changed behind its back, by somebody who may write its files; the server finds it. */
let directory: string;
let server: ServerProcess;
let db: AkiDb;

const seed = 26;
const collections = 6;
/** Triggers keep everybody honest who goes through SQL, so whoever tampers drops them first. */
const triggers: { readonly name: string; readonly sql: string }[] = [];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "akidb-tampering-"));
  server = await startServerProcess(directory);
  db = connect({ url: server.url });
  for (let at = 0; at < collections; at++) await db.createCollection({ name: `c${at}`, dimension: 16 });
  edit((database) => {
    const found = database.prepare("select name, sql from sqlite_schema where type = 'trigger'").all();
    triggers.push(...(found as unknown as typeof triggers).filter(({ sql }) => /audit_/.test(sql)));
  });
});
afterAll(async () => {
  await server.stop();
  rmSync(directory, { recursive: true });
});

type Row = Record<string, SQLInputValue>;

function edit(work: (database: DatabaseSync) => void): void {
  const database = new DatabaseSync(join(directory, "catalog.db"));
  try {
    database.exec("begin immediate");
    work(database);
    database.exec("commit");
  } finally {
    database.close();
  }
}

const rowsOf = (database: DatabaseSync) =>
  database.prepare("select * from audit_logs order by sequence").all() as Row[];

function replaceRows(database: DatabaseSync, rows: readonly Row[]): void {
  for (const { name } of triggers) database.exec(`drop trigger if exists "${name}"`);
  database.exec("delete from audit_logs");
  const columns = Object.keys(rows[0]!);
  const insert = database.prepare(
    `insert into audit_logs (${columns.join(", ")}) values (${columns.map((name) => `@${name}`).join(", ")})`,
  );
  for (const row of rows) insert.run(row);
  for (const { sql } of triggers) database.exec(sql);
}

/** @returns what the server found while the rows were others */
async function verifyWith(change: (rows: readonly Row[]) => readonly Row[]) {
  let before: readonly Row[] = [];
  edit((database) => {
    before = rowsOf(database);
    replaceRows(database, change(before));
  });
  const found = await db.auditLog.verify();
  // The request that asked has an entry of its own by now, behind those that were changed.
  edit((database) => {
    const after = rowsOf(database);
    const added = after.filter(({ sequence }) => Number(sequence) > Number(before.at(-1)!["sequence"]));
    replaceRows(database, [...before, ...added]);
  });
  return found;
}

test("what a server wrote is whole", async () => {
  expect(triggers.length).toBeGreaterThan(0);
  const { entryCount, problemCount } = await verifyWith((rows) => rows);
  expect(problemCount).toBe(0);
  expect(entryCount).toBeGreaterThan(collections);
});

test("every column of an entry is under its hash", async () => {
  const changes: Record<string, (value: unknown) => SQLInputValue> = {
    action: () => "document::read",
    resource_type: () => "database",
    resource_id: (value) => `${value}x`,
    result: () => "denied",
    reason: () => "because",
    metadata: () => '{"request_id":"other"}',
    ip_address: () => "10.9.9.9",
    user_agent: () => "nobody",
    created_at: () => "2020-01-01T00:00:00.000Z",
    tenant_id: () => Buffer.alloc(16, 7),
    audit_log_id: () => Buffer.alloc(16, 7),
    previous_hash: () => Buffer.alloc(32, 7),
    entry_hash: () => Buffer.alloc(32, 7),
    user_hash: () => Buffer.alloc(32, 7),
  };
  const random = new SeededRandom(seed);
  for (const [column, change] of Object.entries(changes)) {
    const { problems } = await verifyWith((rows) => {
      const at = random.nextInt(rows.length);
      return rows.map((row, each) => (each === at ? { ...row, [column]: change(row[column]) } : row));
    });
    expect({ column, found: problems.length > 0 }).toEqual({ column, found: true });
  }
});

test("an entry that is removed is missed, be it the first, the last or any", async () => {
  for (const at of [0, 3, -1]) {
    const { problems } = await verifyWith((rows) => rows.toSpliced(at, 1));
    expect(problems.map(({ problem }) => problem).join()).toMatch(/is missing/);
  }
});

test("entries that change places are found", async () => {
  const { problems } = await verifyWith((rows) => {
    const [second, third] = [rows[2]!, rows[3]!];
    return rows.map((row, at) => {
      if (at === 2) return { ...third, sequence: row["sequence"]! };
      return at === 3 ? { ...second, sequence: row["sequence"]! } : row;
    });
  });
  expect(problems.length).toBeGreaterThan(0);
});

test("put back as it was, it is whole again", async () => {
  expect(await db.auditLog.verify()).toMatchObject({ problemCount: 0 });
});

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, SeededRandom, systemClock, UuidV7Generator } from "@akidb/base";
import Sqlite, { type Database } from "better-sqlite3";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { fillAccessControl } from "./accessControl.test.support.ts";
import { autoInitialize } from "./autoInitialize.ts";
import type { Catalog } from "./catalog.ts";
import { openCatalog } from "./openCatalog.ts";
import { registerRowChecksum } from "./sqlite/rowChecksum.ts";
import { userStatuses, userTransitions } from "./user.ts";

const directory = mkdtempSync(join(tmpdir(), "akidb-access-"));
afterAll(() => rmSync(directory, { recursive: true }));
const clock: Clock = { ...systemClock, nowMs: () => Date.UTC(2026, 0, 31) };
const ids = new UuidV7Generator(clock, new SeededRandom(3));

let count = 0;
let catalog: Catalog;
let raw: Database;

beforeEach(async () => {
  const path = join(directory, `${count++}.db`);
  catalog = await openCatalog({ path, clock, ids });
  const { tenant, database } = await autoInitialize(catalog);
  await catalog.collections.create(database.id, { name: "docs", dimension: 16 });
  await fillAccessControl(catalog, tenant.id);
  raw = new Sqlite(path);
  registerRowChecksum(raw);
  raw.pragma("foreign_keys = on");
});
afterEach(async () => {
  raw.close();
  await catalog.close();
});

const one = (sql: string, ...parameters: unknown[]) => raw.prepare(sql).get(...parameters);

test.each([
  ["users", "email = 'ada'"],
  ["users", "email = 'a b@c'"],
  ["users", "email = 'ä@b.c'"],
  ["users", "password_hash = 'secret'"],
  ["users", "role = 'root'"],
  ["users", "status = 'gone'"],
  ["users", "last_login_at = 'today'"],
  ["api_keys", "name = ''"],
  ["api_keys", "role = 'root'"],
  ["api_keys", "databases = '{}'"],
  ["api_keys", "collections = 'x'"],
  ["api_keys", "read_only = 2"],
  ["api_keys", "filter = '[]'"],
  ["api_keys", "expires_at = ''"],
  ["api_keys", "key_hash = randomblob(32)"],
  ["api_keys", "prefix = 'other'"],
  ["api_keys", "user_id = null"],
  ["policies", "name = ''"],
  ["policies", "cedar_text = ''"],
  ["policies", "enabled = 2"],
  ["sessions", "expires_at = null"],
  ["sessions", "user_id = randomblob(16)"],
  ["refresh_tokens", "token_hash = randomblob(32)"],
  ["refresh_tokens", "used_at = 'now'"],
  ["collection_tiers", "tier = 'tepid'"],
  ["collection_tiers", "pinned = -1"],
  ["collection_tiers", "access_count = 1.5"],
  ["collection_tiers", "snapshot_id = x'00'"],
  ["audit_chain", "head_sequence = 0"],
  ["audit_chain", "anchor_sequence = 2"],
  ["audit_chain", "chain_id = 2"],
  ["audit_logs", "action = 'user::delete'"],
  ["audit_logs", "user_id = null"],
  ["audit_logs", "result = 'denied'"],
  ["audit_logs", "metadata = '{}'"],
  ["audit_logs", "sequence = 7"],
])("%s refuses %s", (table, assignment) => {
  const before = one(`select * from ${table}`);
  expect(before).toBeDefined();
  expect(() => raw.exec(`update ${table} set ${assignment}`)).toThrow(
    /constraint failed|cannot store|never change|append-only|only goes on|no such step/,
  );
  expect(one(`select * from ${table}`)).toEqual(before);
});

test("a key of no user has a role", () => {
  const insert = "insert into api_keys (api_key_id, tenant_id, name, key_hash, prefix)";
  const values = "select randomblob(16), tenant_id, 'k', randomblob(32), 'a' from tenants";
  expect(() => raw.exec(`${insert} ${values}`)).toThrow("CHECK constraint failed: role");
});

test("created_at never changes, and updated_at follows", () => {
  const tables = ["users", "api_keys", "policies", "sessions", "refresh_tokens", "collection_tiers"];
  for (const table of tables) {
    const sqlNow = "2027-01-01T00:00:00.000Z";
    expect(() => raw.exec(`update ${table} set created_at = '${sqlNow}'`)).toThrow(
      "created_at never changes",
    );
    const column = one(`select * from ${table}`) as Record<string, unknown>;
    const [name] = Object.keys(column).filter((key) => ["name", "email", "expires_at", "tier"].includes(key));
    raw.exec(`update ${table} set ${name} = ${name}`);
    const { created_at, updated_at } = one(`select * from ${table}`) as Record<string, string>;
    expect(created_at).toBe("2026-01-31T00:00:00.000Z");
    expect(Math.abs(Date.parse(updated_at!) - Date.now())).toBeLessThan(60_000);
  }
});

test("what has ended stays ended", () => {
  for (const [table, column] of [
    ["api_keys", "revoked_at"],
    ["sessions", "revoked_at"],
    ["refresh_tokens", "used_at"],
  ] as const) {
    raw.exec(`update ${table} set ${column} = '2026-02-01T00:00:00.000Z'`);
    for (const value of ["null", "'2026-02-02T00:00:00.000Z'"]) {
      expect(() => raw.exec(`update ${table} set ${column} = ${value}`)).toThrow(
        `${table}.${column} is final`,
      );
    }
  }
});

test("users take exactly the steps of their state machine", () => {
  const { sql } = one("select sql from sqlite_schema where name = 'users_status_steps'") as { sql: string };
  for (const from of userStatuses) {
    for (const to of userStatuses) {
      raw.exec(`drop trigger users_status_steps; update users set status = '${from}'; ${sql}`);
      const step = () => raw.exec(`update users set status = '${to}'`);
      if (from === to || userTransitions[from].includes(to)) step();
      else expect(step, `${from} to ${to}`).toThrow("has no such step");
    }
  }
});

test("the audit log takes nothing but the next entry, and loses nothing that is kept", () => {
  const columns = (raw.pragma("table_info(audit_logs)") as { name: string }[]).map(({ name }) => name);
  const copyOf = (changes: Readonly<Record<string, string>>): string => {
    const values = columns.map((column) => changes[column] ?? column);
    return `insert into audit_logs (${columns.join(", ")}) select ${values.join(", ")} from audit_logs`;
  };
  const id = "randomblob(16)";
  for (const sql of [
    copyOf({ audit_log_id: id, sequence: "2" }),
    copyOf({ audit_log_id: id, sequence: "3", previous_hash: "entry_hash" }),
    "delete from audit_logs",
    "delete from audit_chain",
  ]) {
    expect(() => raw.exec(sql), sql).toThrow(/takes only the next entry|append-only|stays/);
  }
  expect(one("select count(*) as n from audit_logs")).toEqual({ n: 1 });
});

test("searches of the audit log use its indexes", () => {
  const planOf = (where: string): string =>
    (raw.prepare(`explain query plan select * from audit_logs where ${where}`).all() as { detail: string }[])
      .map(({ detail }) => detail)
      .join("; ");
  const order = "order by created_at desc, sequence desc limit 100";
  expect(planOf(`tenant_id = x'00' and created_at <= 'x' and sequence < 9 ${order}`)).toMatch(
    /^SEARCH audit_logs USING INDEX audit_logs_by_tenant \(tenant_id=\? AND created_at<\?\)$/,
  );
  expect(planOf(`user_id = x'00' ${order}`)).toMatch(/audit_logs_by_user/);
  expect(planOf(`tenant_id = x'00' and result = 'denied' ${order}`)).toMatch(/audit_logs_denied/);
});

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseApiKey } from "@akidb/access";
import { idToBytes, noDeadline, parseId } from "@akidb/base";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { ownProcess } from "../access/caller.ts";
import type { Database } from "../database.ts";
import type { LogEvent } from "../logEvent.ts";
import { openDatabase } from "../openDatabase.ts";
import type { Operation } from "../operation.ts";
import { operations } from "../operations/operations.ts";

const root = mkdtempSync(join(tmpdir(), "akidb-damaged-tenant-"));
const whole = join(root, "whole");
const own = { requestId: "r", deadline: noDeadline(), caller: ownProcess };
let secret: string;
let serverTenantId: string;

/** All of the catalog lies in its one file when this has ended. */
beforeAll(async () => {
  const database = await openDatabase({ directory: whole, command: "test" });
  const run = <Input, Output>(operation: Operation<Input, Output>, input: Input): Promise<Output> =>
    database.execute(operation, input, own);
  await run(operations.createCollection, { name: "own", dimension: 16 });
  await run(operations.updateTenant, { tenant: "default", metadata: { note: "of-tenant" } });
  await run(operations.updateDatabase, { database: "default", description: "of-database" });
  ({ id: serverTenantId } = await run(operations.getTenant, { tenant: "default" }));
  await run(operations.createTenant, { name: "Acme", slug: "acme" });
  ({ secret } = await run(operations.createApiKey, { tenant: "acme", name: "key", role: "admin" }));
  await database.close();
});
afterAll(() => rmSync(root, { recursive: true }));

/** What a bit that flips makes of the catalog's file. */
type Harm = (bytes: Buffer) => void;

const replace =
  (from: string, to: string): Harm =>
  (bytes) => {
    expect(bytes.indexOf(from)).toBeGreaterThan(0);
    for (let at = bytes.indexOf(from); at >= 0; at = bytes.indexOf(from, at + 1)) bytes.write(to, at);
  };

/** Of the row alone, in front of the tenant's name and slug: others go on naming the tenant. */
const flipTenantId: Harm = (bytes) => {
  const id = Buffer.from(idToBytes(parseId<"tenant">(serverTenantId)!));
  const at = bytes.lastIndexOf(id, bytes.indexOf("defaultdefault"));
  expect(at).toBeGreaterThan(0);
  bytes[at + 15]! ^= 1;
};

async function openHarmed(harm: Harm) {
  const directory = mkdtempSync(join(root, "harmed-"));
  cpSync(whole, directory, { recursive: true });
  const path = join(directory, "catalog.db");
  const bytes = readFileSync(path);
  harm(bytes);
  writeFileSync(path, bytes);
  const events: LogEvent[] = [];
  const database = await openDatabase({ directory, command: "test", log: (event) => events.push(event) });
  onTestFinished(() => database.close());
  return { database, events };
}

/** Of another tenant. */
async function acme(database: Database) {
  const principal = await database.authenticate({ kind: "api_key", key: parseApiKey(secret)! });
  return { ...own, caller: { principal, ipAddress: null, userAgent: null } };
}

test.each([
  ["what it says", replace("of-tenant", "of-tenand")],
  ["its slug", replace("defaultdefaultactive", "defaultdefaulsactive")],
  ["its id", flipTenantId],
] as const)("a damaged row of the default tenant is named, and others are served: %s", async (_, harm) => {
  const { database, events } = await openHarmed(harm);
  expect(events).toContainEqual(expect.objectContaining({ kind: "catalog_row_damaged", table: "tenants" }));
  await database.loaded();
  expect(database.readiness()).toMatchObject({
    status: "degraded",
    damages: [expect.objectContaining({ file: "catalog.db", problem: expect.stringContaining("tenants") })],
  });
  const call = await acme(database);
  await database.execute(operations.createCollection, { name: "theirs", dimension: 16 }, call);
  const listed = await database.execute(operations.listCollections, {}, call);
  expect(listed.items.map(({ name }) => name)).toEqual(["theirs"]);
  // Whoever runs the server is bound by no policy, and sees what is there; whoever is needs the tenant.
  expect((await database.execute(operations.listCollections, {}, own)).items).toHaveLength(1);
  const principal = await database.authenticate({ kind: "none" });
  const bound = { ...own, caller: { ...call.caller, principal } };
  const refusal = await database.execute(operations.listCollections, {}, bound).catch((error) => error);
  expect(["failed_precondition", "not_found"]).toContain(refusal.code);
  expect(refusal.message).toContain("tenant");
});

test("a damaged row of the default database is named, and no other is made in its place", async () => {
  const { database, events } = await openHarmed(replace("of-database", "of-databasf"));
  expect(events).toContainEqual(expect.objectContaining({ kind: "catalog_row_damaged", table: "databases" }));
  expect((await database.execute(operations.listDatabases, {}, own)).items).toEqual([]);
  expect((await database.execute(operations.listTenants, {}, own)).items).toHaveLength(2);
  await database.execute(operations.listCollections, {}, await acme(database));
});

test("nobody guesses which of several damaged rows is that of the default tenant", async () => {
  const both: Harm = (bytes) => {
    flipTenantId(bytes);
    replace("Acmeacmeactive", "Acmeacmfactive")(bytes);
  };
  await expect(openHarmed(both)).rejects.toMatchObject({
    code: "failed_precondition",
    message: expect.stringMatching(/^rows .*, .* of tenants in catalog.db are damaged/),
  });
});

/**
 * How long tenants, databases and users take to be created, read, changed, listed and deleted, each change made durable:
 * at the repositories, and as operations for a caller whom Cedar decides about and the audit log writes down, as a request
 * runs them. A plain append with fdatasync to the same disk stands beside them.
 *
 *   npm run bench:control-plane [-- --directory DIR] [--rows 1000]
 */

import { mkdtempSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  noDeadline,
  type Page,
  type PageRequest,
  systemClock,
  systemRandom,
  type TenantId,
  UuidV7Generator,
} from "@akidb/base";
import { openCatalog } from "@akidb/catalog";
import { type Operation, openDatabase, operations } from "@akidb/database";

const { values } = parseArgs({
  options: {
    directory: { type: "string", default: tmpdir() },
    rows: { type: "string", default: "1000" },
  },
});
const rows = Number(values.rows);
if (!(Number.isInteger(rows) && rows >= 100)) {
  console.error(`--rows must be an integer of at least 100, not "${values.rows}"`);
  process.exit(1);
}
const directory = mkdtempSync(join(values.directory, "akidb-control-plane-"));
const pageSize = 100;

async function measure<Result>(name: string, work: (at: number) => Promise<Result>): Promise<Result[]> {
  const latencies = new Float64Array(rows);
  const results: Result[] = [];
  const cpu = process.cpuUsage();
  for (let at = 0; at < rows; at++) {
    const beganMs = performance.now();
    results.push(await work(at));
    latencies[at] = performance.now() - beganMs;
  }
  const { user, system } = process.cpuUsage(cpu);
  const cpuMs = ((user + system) / 1_000 / rows).toFixed(2);
  latencies.sort();
  const percentile = (share: number): string => latencies[Math.floor(share * (rows - 1))]!.toFixed(2);
  console.log(name.padEnd(28), ...[percentile(0.5), percentile(0.95), cpuMs].map((ms) => ms.padStart(8)));
  return results;
}

/** One page after the other, from the first again behind the last. */
function pages<Item>(list: (page: PageRequest) => Promise<Page<Item>>): () => Promise<void> {
  let cursor: string | undefined;
  return async () => {
    cursor = (await list({ limit: pageSize, ...(cursor !== undefined && { cursor }) })).nextCursor;
  };
}

async function measureDisk(): Promise<void> {
  await using file = await open(join(directory, "plain"), "a");
  const line = Buffer.alloc(4_096, 1);
  await measure("4 KiB append, fdatasync", async () => {
    await file.write(line);
    await file.datasync();
  });
}

async function measureRepositories(): Promise<void> {
  const catalog = await openCatalog({
    path: join(directory, "catalog.db"),
    clock: systemClock,
    ids: new UuidV7Generator(systemClock, systemRandom),
  });
  const { tenants, databases, users } = catalog;
  const made = await measure("tenant create", (at) => tenants.create({ name: `Tenant ${at}` }));
  await measure("tenant get", (at) => tenants.get(made[at]!.id));
  await measure("tenant update", (at) => tenants.update(made[at]!.id, { qpsQuota: 100 + at }));
  await measure(`tenant list, ${pageSize}`, pages(tenants.list));
  const { id: tenantId } = made[0]!;
  const inTenant = await measure("database create", (at) => databases.create(tenantId, { name: `d${at}` }));
  await measure("database get", (at) => databases.get(inTenant[at]!.id));
  await measure("database update", (at) => databases.update(inTenant[at]!.id, { description: `n${at}` }));
  await measure(
    `database list, ${pageSize}`,
    pages((page) => databases.list(tenantId, page)),
  );
  await measure("database delete", (at) => databases.delete(inTenant[at]!.id));
  const passwordHash = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaGhhc2g";
  const people = await measure("user create", (at) =>
    users.create(tenantId, { email: `u${at}@example.org`, passwordHash, role: "viewer" }),
  );
  await measure("user get", (at) => users.get(people[at]!.id));
  await measure("user update", (at) => users.update(people[at]!.id, { role: at % 2 ? "admin" : "viewer" }));
  await measure(
    `user list, ${pageSize}`,
    pages((page) => users.list(tenantId, page)),
  );
  await measure("user delete", (at) => users.delete(people[at]!.id));
  await measure("tenant delete", (at) => tenants.delete(made[at]!.id));
  await catalog.close();
}

async function measureOperations(): Promise<void> {
  const database = await openDatabase({ directory: join(directory, "data"), command: "bench" });
  const server = await database.execute(operations.getTenant, { tenant: "default" }, ownCall());
  const principal = { kind: "local", tenantId: server.id as TenantId, roles: ["admin"] } as const;
  const call = { ...ownCall(), caller: { principal, ipAddress: "127.0.0.1", userAgent: "bench" } };
  const run = <Input, Output>(operation: Operation<Input, Output>, input: Input): Promise<Output> =>
    database.execute(operation, input, call);
  const made = await measure("createTenant", (at) => run(operations.createTenant, { name: `Tenant ${at}` }));
  await measure("getTenant", (at) => run(operations.getTenant, { tenant: made[at]!.id }));
  await measure("updateTenant", (at) =>
    run(operations.updateTenant, { tenant: made[at]!.id, qpsQuota: 100 + at }),
  );
  await measure(
    `listTenants, ${pageSize}`,
    pages((page) => run(operations.listTenants, page)),
  );
  await measure("createDatabase", (at) => run(operations.createDatabase, { name: `d${at}` }));
  await measure("getDatabase", (at) => run(operations.getDatabase, { database: `d${at}` }));
  await measure("updateDatabase", (at) =>
    run(operations.updateDatabase, { database: `d${at}`, description: `n${at}` }),
  );
  await measure(
    `listDatabases, ${pageSize}`,
    pages((page) => run(operations.listDatabases, page)),
  );
  await measure("deleteDatabase, to its job", (at) => run(operations.deleteDatabase, { database: `d${at}` }));
  await measure("deleteTenant, to its job", (at) => run(operations.deleteTenant, { tenant: made[at]!.id }));
  await database.close();
}

const ownCall = () => ({ requestId: "bench", deadline: noDeadline(), caller: "own_process" as const });

try {
  console.log(`${rows} of each, ms; Node ${process.version}, ${cpus()[0]?.model}`);
  // The processor's time for one: what a busy machine takes away does not count.
  console.log("".padEnd(28), ...["P50", "P95", "CPU"].map((title) => title.padStart(8)));
  await measureDisk();
  console.log("\nat the repositories");
  await measureRepositories();
  console.log("\nas operations, with the decision and the audit entry");
  await measureOperations();
} finally {
  rmSync(directory, { recursive: true });
}

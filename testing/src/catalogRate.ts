// Latencies of the catalog's operations, each write made durable.
//   node testing/src/catalogRate.ts [--directory DIR] [--rows 2000]      (after a build)

import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Page, type PageRequest, systemClock, systemRandom, UuidV7Generator } from "@akidb/base";
import { openCatalog } from "@akidb/catalog";

const { values } = parseArgs({
  options: {
    directory: { type: "string", default: tmpdir() },
    rows: { type: "string", default: "2000" },
  },
});
const rows = Number(values.rows);
if (!(Number.isInteger(rows) && rows >= 100)) {
  console.error(`--rows must be an integer of at least 100, not "${values.rows}"`);
  process.exit(1);
}

const directory = mkdtempSync(join(values.directory, "akidb-catalog-rate-"));
const catalog = await openCatalog({
  path: join(directory, "catalog.db"),
  clock: systemClock,
  ids: new UuidV7Generator(systemClock, systemRandom),
});
const { tenants, databases, collections } = catalog;

console.log(`${rows} rows a table, ms; Node ${process.version}, ${cpus()[0]?.model}`);
console.log("operation".padEnd(24), "P50".padStart(8), "P95".padStart(8));

const tenantIds = await measure("tenant create", (i) => tenants.create({ name: `Tenant ${i}` }).then(idOf));
const tenantId = tenantIds[0]!;
await measure("tenant get", (i) => tenants.get(tenantIds[i]!));
await measure("tenant update", (i) => tenants.update(tenantIds[i]!, { qpsQuota: 100 }));
await measure("tenant list 100", everyPage(tenants.list));

const databaseIds = await measure("database create", (i) =>
  databases.create(tenantId, { name: `database-${i}` }).then(idOf),
);
const databaseId = databaseIds[0]!;
await measure("database get", (i) => databases.get(databaseIds[i]!));
await measure(
  "database list 100",
  everyPage((page) => databases.list(tenantId, page)),
);

const collectionIds = await measure("collection create", (i) =>
  collections.create(databaseId, { name: `collection-${i}`, dimension: 384 }).then(idOf),
);
await measure("collection get", (i) => collections.get(collectionIds[i]!));
await measure("collection find by name", (i) => collections.findByName(databaseId, `collection-${i}`));
await measure(
  "collection list 100",
  everyPage((page) => collections.list(databaseId, page)),
);
await measure("collection delete", (i) => collections.delete(collectionIds[i]!));

const { users, auditLog } = catalog;
const userIds = await measure("user create", (i) =>
  users
    .create(tenantId, { email: `user${i}@example.org`, role: "viewer", passwordHash: "$argon2id$" })
    .then(idOf),
);
await measure("user get", (i) => users.get(userIds[i]!));
await measure("user find by e-mail", (i) => users.findByEmail(tenantId, `user${i}@example.org`));
await measure("user update", (i) => users.update(userIds[i]!, { role: "developer" }));
await measure(
  "user list 100",
  everyPage((page) => users.list(tenantId, page)),
);
await measure("audit append", (i) =>
  auditLog.append([
    {
      tenantId,
      userId: userIds[i]!,
      action: "user::update",
      resourceType: "user",
      resourceId: userIds[i]!,
      result: "allowed",
      reason: null,
      metadata: { request_id: `r${i}`, route: "PATCH /api/v1/users" },
      ipAddress: "127.0.0.1",
      userAgent: null,
    },
  ]),
);
await measure(
  "audit list 100",
  everyPage((page) => auditLog.list({ tenantId, ...page })),
);

await catalog.close();
rmSync(directory, { recursive: true });

function idOf<Id>(record: { readonly id: Id }): Id {
  return record.id;
}

/** Turns over the pages of a list, one a call. */
function everyPage<Item>(list: (page: PageRequest) => Promise<Page<Item>>): () => Promise<void> {
  let cursor: string | undefined;
  return async () => {
    const page = await list({ limit: 100, ...(cursor === undefined ? {} : { cursor }) });
    cursor = page.nextCursor;
  };
}

async function measure<Result>(operation: string, work: (i: number) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  const durationsMs = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    const startMs = performance.now();
    results.push(await work(i));
    durationsMs[i] = performance.now() - startMs;
  }
  durationsMs.sort();
  const quantile = (q: number): string => durationsMs[Math.floor(q * (rows - 1))]!.toFixed(3).padStart(8);
  console.log(operation.padEnd(24), quantile(0.5), quantile(0.95));
  return results;
}

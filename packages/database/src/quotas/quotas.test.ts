import { cpSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Principal } from "@akidb/access";
import { type DocumentInput, isAkiDbError, noDeadline, type TenantId, type Usage } from "@akidb/base";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ownProcess } from "../access/caller.ts";
import { theServer } from "../access/resources.ts";
import type { Call } from "../call.ts";
import type { Database } from "../database.ts";
import { openDatabase } from "../openDatabase.ts";
import { defineOperation, type Operation } from "../operation.ts";
import { operations } from "../operations/operations.ts";

const KiB = 1024;
const MiB = 1024 * KiB;
const dimension = 512;
const batchRows = 50;

let directory: string;
let database: Database;
let acme: TenantId;
let globex: TenantId;
let tenantCount = 0;

interface NewQuotas {
  readonly tenantId: TenantId;
  readonly memoryQuotaBytes?: number;
  readonly storageQuotaBytes?: number;
}

/** Under the permission of whoever changes tenants, which is all that makes new quotas count. */
const setQuotas = defineOperation<NewQuotas, void>({
  name: "setQuotas",
  permission: "tenant::update",
  resource: theServer,
  run: async ({ catalog }, { tenantId, ...quotas }) => void (await catalog.tenants.update(tenantId, quotas)),
});

const makeTenant = defineOperation<string, TenantId>({
  name: "makeTenant",
  permission: "tenant::create",
  resource: theServer,
  run: async ({ catalog, databases }, name) => {
    const { id } = await catalog.tenants.create({ name });
    await catalog.tenants.setStatus(id, "active");
    databases.put(await catalog.databases.create(id, { name: "default" }));
    return id;
  },
});

const reopen = async (): Promise<void> => {
  await database.close();
  await openIt();
};

const openIt = async (): Promise<void> => {
  database = await openDatabase({ directory, command: "test", wal: { sync: "never" } });
  await database.loaded();
};

/** As it is found after a kill: with what was in its files at this moment. */
const crash = async (): Promise<void> => {
  const killed = mkdtempSync(join(tmpdir(), "akidb-quotas-"));
  cpSync(directory, killed, { recursive: true });
  await database.close();
  rmSync(directory, { recursive: true });
  directory = killed;
  await openIt();
};

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "akidb-quotas-"));
  await openIt();
});
afterAll(async () => {
  await database.close();
  rmSync(directory, { recursive: true });
});
beforeEach(async () => {
  tenantCount += 1;
  acme = await asOwner(makeTenant, `acme-${tenantCount}`);
  globex = await asOwner(makeTenant, `globex-${tenantCount}`);
});

const principalOf = (tenantId: TenantId) =>
  ({ kind: "user", tenantId, roles: ["admin"], userId: tenantId, email: "a@b.c" }) as unknown as Principal;

const callOf = (tenantId: TenantId): Call => ({
  requestId: "test",
  deadline: noDeadline(),
  caller: { principal: principalOf(tenantId), ipAddress: null, userAgent: null },
});

const run = <Input, Output>(tenantId: TenantId, operation: Operation<Input, Output>, input: Input) =>
  database.execute(operation, input, callOf(tenantId));

const asOwner = <Input, Output>(operation: Operation<Input, Output>, input: Input) =>
  database.execute(operation, input, { ...callOf(acme), caller: ownProcess });

const set = (quotas: NewQuotas) => asOwner(setQuotas, quotas);

const usageOf = (tenantId: TenantId): Promise<Usage> => run(tenantId, operations.getUsage, {});

const create = (tenantId: TenantId, name: string) =>
  run(tenantId, operations.createCollection, { name, dimension });

const batchOf = (first: number, count = batchRows): readonly DocumentInput[] =>
  Array.from({ length: count }, (_, at) => ({
    externalId: `d${first + at}`,
    vector: Float32Array.from({ length: dimension }, (_, k) => (((first + at + 1) * (k + 3)) % 251) - 125),
    metadata: { n: first + at },
  }));

const upsert = (tenantId: TenantId, collection: string, first: number, count = batchRows) =>
  run(tenantId, operations.upsertDocuments, { collection, documents: batchOf(first, count) });

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "done",
    (error: unknown) => (isAkiDbError(error) ? error.code : String(error)),
  );

/** @returns how many documents are in it when the next batch is refused */
async function fill(tenantId: TenantId, collection: string): Promise<number> {
  for (let count = 0; ; count += batchRows) {
    const code = await codeOf(upsert(tenantId, collection, count));
    if (code === "done") continue;
    expect(code).toBe("quota_exceeded");
    return count;
  }
}

const countOf = async (tenantId: TenantId, collection: string) =>
  (await run(tenantId, operations.getCollection, { collection })).documentCount;

function filesBelow(folder: string, seen = new Set<number>()): number {
  return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sum + filesBelow(path, seen);
    const { ino, size } = statSync(path);
    if (seen.has(ino)) return sum;
    seen.add(ino);
    return sum + size;
  }, 0);
}

describe("the memory quota of a tenant", () => {
  beforeEach(() => set({ tenantId: acme, memoryQuotaBytes: 4 * MiB }));

  it("refuses what would cross it, writes nothing of it, and takes from nobody else", async () => {
    for (const tenant of [acme, globex]) await create(tenant, "a");
    const count = await fill(acme, "a");
    expect(count).toBeGreaterThan(300);
    const { memory } = await usageOf(acme);
    expect(memory.quotaBytes).toBe(4 * MiB);
    // Beside it, what SQLite keeps of the file of documents.
    expect(memory.usedBytes).toBeLessThanOrEqual(4 * MiB + 512 * KiB);
    expect(memory.usedBytes).toBeGreaterThan(2 * MiB);
    await expect(upsert(acme, "a", count, 3 * batchRows)).rejects.toMatchObject({
      message: expect.stringMatching(/of the 4\.0 MiB of memory.*memory_quota_bytes.*nothing was written/),
    });
    expect(await countOf(acme, "a")).toBe(count);
    expect((await upsert(globex, "a", 0, 4 * batchRows)).upsertedCount).toBe(4 * batchRows);
    await run(acme, operations.deleteDocument, { collection: "a", id: "d0" });
  });

  it("is over all of its collections, of which those that nobody uses are closed first", async () => {
    for (const name of ["idle", "busy"]) await create(acme, name);
    await upsert(acme, "idle", 0, 4 * batchRows);
    await fill(acme, "busy");
    const idle = await run(acme, operations.getCollection, { collection: "idle" });
    expect(idle).toMatchObject({ memoryBytes: 0, documentCount: 4 * batchRows });
    // Though nothing may be written.
    expect((await run(acme, operations.getDocument, { collection: "idle", id: "d1" })).externalId).toBe("d1");
  });

  it("gives back what is deleted", async () => {
    for (const name of ["a", "b"]) await create(acme, name);
    await fill(acme, "a");
    await run(acme, operations.deleteCollection, { collection: "a" });
    expect((await upsert(acme, "b", 0, 4 * batchRows)).upsertedCount).toBe(4 * batchRows);
  });

  it("is not crossed by many who write at the same time", async () => {
    const names = ["a", "b", "c"];
    for (const name of names) await create(acme, name);
    const writer = async (name: string, seat: number): Promise<void> => {
      for (let round = 0; ; round++) {
        const code = await codeOf(upsert(acme, name, (seat * 1_000 + round) * 20, 20));
        if (code !== "done") return expect(code).toBe("quota_exceeded");
      }
    };
    await Promise.all(names.flatMap((name) => [1, 2, 3].map((seat) => writer(name, seat))));
    // Beside it, what SQLite keeps of the files of documents.
    expect((await usageOf(acme)).memory.usedBytes).toBeLessThanOrEqual(4 * MiB + 3 * 512 * KiB);
  });

  it("that falls below what there is lets all of it be read and deleted", async () => {
    for (const name of ["a", "b"]) await create(acme, name);
    for (const name of ["a", "b"]) await upsert(acme, name, 0, 4 * batchRows);
    await set({ tenantId: acme, memoryQuotaBytes: 0 });
    expect(await codeOf(upsert(acme, "a", 0, 1))).toBe("quota_exceeded");
    expect(await codeOf(create(acme, "c"))).toBe("quota_exceeded");
    await reopen();
    for (const collection of ["a", "b"]) {
      expect((await run(acme, operations.getDocument, { collection, id: "d7" })).externalId).toBe("d7");
      await run(acme, operations.deleteDocument, { collection, id: "d7" });
      expect(await countOf(acme, collection)).toBe(4 * batchRows - 1);
    }
    await set({ tenantId: acme, memoryQuotaBytes: 4 * MiB });
    expect((await upsert(acme, "a", 7, 1)).upsertedCount).toBe(1);
  });
});

describe("the storage quota of a tenant", () => {
  const quotaBytes = 4 * MiB;
  /** What SQLite keeps twice of a file of documents until it puts it in its place, behind the writes (0027). */
  const behindBytes = 512 * KiB;
  /** Files are written behind the writes, so what is told and what is there may differ for a moment. */
  const expectTruth = async (): Promise<void> => {
    const { id } = await run(acme, operations.getCollection, { collection: "a" });
    const error = async () => {
      const { usedBytes } = (await usageOf(acme)).storage;
      return usedBytes - filesBelow(join(directory, "collections", id));
    };
    await expect.poll(error, { timeout: 5_000 }).toBe(0);
  };

  beforeEach(async () => {
    await set({ tenantId: acme, storageQuotaBytes: quotaBytes });
    await create(acme, "a");
  });

  it("refuses what would cross it, and lets documents be deleted", async () => {
    const count = await fill(acme, "a");
    expect(count).toBeGreaterThan(300);
    const { storage } = await usageOf(acme);
    expect(storage.quotaBytes).toBe(quotaBytes);
    await expectTruth();
    expect(storage.usedBytes).toBeLessThanOrEqual(quotaBytes + behindBytes);
    await expect(upsert(acme, "a", count, 4 * batchRows)).rejects.toMatchObject({
      message: expect.stringMatching(/of the 4\.0 MiB of disk.*storage_quota_bytes.*nothing was written/),
    });
    expect(await countOf(acme, "a")).toBe(count);
    await run(acme, operations.deleteDocuments, { collection: "a", ids: ["d1", "d2"] });
    expect(await countOf(acme, "a")).toBe(count - 2);
    await create(globex, "a");
    expect((await upsert(globex, "a", 0)).upsertedCount).toBe(batchRows);
  });

  it("counts snapshots, and refuses one that does not fit before it is begun", async () => {
    await upsert(acme, "a", 0, 3 * batchRows);
    const { storage: before } = await usageOf(acme);
    const snapshot = await run(acme, operations.createSnapshot, { collection: "a" });
    const { storage: after } = await usageOf(acme);
    expect(after.usedBytes).toBeGreaterThan(before.usedBytes + 3 * batchRows * dimension * 4);
    await expectTruth();

    await set({ tenantId: acme, storageQuotaBytes: after.usedBytes + 100 * KiB });
    expect(await codeOf(run(acme, operations.createSnapshot, { collection: "a" }))).toBe("quota_exceeded");
    const listed = await run(acme, operations.listSnapshots, { collection: "a" });
    expect(listed.items.map(({ id }) => id)).toEqual([snapshot.id]);
    const clone = { collection: "a", snapshot: snapshot.id, into: "b" };
    expect(await codeOf(run(acme, operations.restoreSnapshot, clone))).toBe("quota_exceeded");
    expect(await codeOf(run(acme, operations.getCollection, { collection: "b" }))).toBe("not_found");
    // In its own place it takes no more than it did.
    await run(acme, operations.restoreSnapshot, { collection: "a", snapshot: snapshot.id });
    expect(await countOf(acme, "a")).toBe(3 * batchRows);

    await run(acme, operations.deleteSnapshot, { collection: "a", snapshot: snapshot.id });
    await expectTruth();
  });

  it("gives back what is deleted at once", async () => {
    await fill(acme, "a");
    await create(acme, "b").catch(() => {});
    await run(acme, operations.deleteCollection, { collection: "a" });
    expect(await codeOf(create(acme, "c"))).toBe("done");
    expect((await upsert(acme, "c", 0)).upsertedCount).toBe(batchRows);
  });

  it("is not crossed by many who write at the same time", async () => {
    await create(acme, "b");
    const writer = async (name: string, seat: number): Promise<void> => {
      for (let round = 0; ; round++) {
        const code = await codeOf(upsert(acme, name, (seat * 1_000 + round) * 20, 20));
        if (code !== "done") return expect(code).toBe("quota_exceeded");
      }
    };
    await Promise.all(["a", "b"].flatMap((name) => [1, 2, 3].map((seat) => writer(name, seat))));
    expect((await usageOf(acme)).storage.usedBytes).toBeLessThanOrEqual(quotaBytes + 2 * behindBytes);
  });

  it("is as true after a crash, and after a restart, as before", async () => {
    const count = await fill(acme, "a");
    for (const restart of [crash, reopen]) {
      await restart();
      await expectTruth();
      const { storage } = await usageOf(acme);
      await set({ tenantId: acme, storageQuotaBytes: Math.floor(storage.usedBytes / 2) });
      expect(await codeOf(upsert(acme, "a", count, 1))).toBe("quota_exceeded");
    }
    await set({ tenantId: acme, storageQuotaBytes: 2 * quotaBytes });
    expect(await codeOf(upsert(acme, "a", count, 1))).toBe("done");
  });
});

describe("the usage", () => {
  it("is what the tenant's collections have, by themselves and together", async () => {
    for (const name of ["a", "b"]) {
      await create(acme, name);
      await upsert(acme, name, 0, 10);
    }
    await create(globex, "a");
    const usage = await usageOf(acme);
    expect(usage).toMatchObject({
      tenantId: acme,
      memory: { quotaBytes: 32 * 1024 * MiB },
      storage: { quotaBytes: 1024 * 1024 * MiB },
      requests: { perSecond: 0, quotaPerSecond: 200 },
      databaseCount: 1,
      collectionCount: 2,
      documentCount: 20,
    });
    const { items } = await run(acme, operations.listCollections, {});
    expect(usage.memory.usedBytes).toBe(items.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0));
    for (let n = 0; n < 30; n++) await database.admit(principalOf(acme));
    expect((await usageOf(acme)).requests.perSecond).toBeGreaterThan(0);
  });

  it("of another tenant is for whoever runs the server", async () => {
    for (const tenant of [acme, `acme-${tenantCount}`]) {
      expect(await asOwner(operations.getUsage, { tenant })).toMatchObject({ tenantId: acme });
      expect(await run(acme, operations.getUsage, { tenant })).toMatchObject({ tenantId: acme });
      await expect(run(globex, operations.getUsage, { tenant })).rejects.toMatchObject({
        code: "not_found",
        message: `tenant ${JSON.stringify(tenant)} does not exist`,
      });
    }
    for (const tenant of ["nobody", "0198b2c4-63f0-7c0e-b3a5-3c3f0a8e4f10"]) {
      await expect(asOwner(operations.getUsage, { tenant })).rejects.toMatchObject({
        code: "not_found",
        message: `tenant ${JSON.stringify(tenant)} does not exist`,
      });
    }
  });
});

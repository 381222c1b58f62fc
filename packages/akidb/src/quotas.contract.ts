import type { AkiDb, Collection } from "@akidb/base";
import { describe, expect, it } from "vitest";

const dimension = 16;
const unknownId = "00000000-0000-7000-8000-000000000000";

/** What a database promises of limits and of what it tells of them, whatever is behind it. */
export function checkQuotas(getDb: () => AkiDb, newCollection: () => Promise<Collection>): void {
  describe("quotas", () => {
    const documents = (count: number, first = 0) =>
      Array.from({ length: count }, (_, n) => ({
        externalId: `d${first + n}`,
        vector: new Float32Array(dimension).fill(first + n + 1),
      }));

    it("are told with what is used of them", async () => {
      const collection = await newCollection();
      await collection.upsert(documents(5));
      const before = await getDb().usage();
      expect(before).toMatchObject({
        memory: { quotaBytes: 32 * 2 ** 30 },
        storage: { quotaBytes: 2 ** 40 },
        requests: { perSecond: expect.any(Number), quotaPerSecond: 200 },
        databaseCount: expect.any(Number),
      });
      expect(before.memory.usedBytes).toBeGreaterThan(0);
      await collection.upsert(documents(500, 5));
      await (await newCollection()).upsert(documents(7));
      const after = await getDb().usage();
      expect(after.collectionCount).toBe(before.collectionCount + 1);
      // Documents of other tests may expire meanwhile.
      expect(after.documentCount).toBeGreaterThan(before.documentCount + 400);
      expect(after.storage.usedBytes).toBeGreaterThan(before.storage.usedBytes + 500 * dimension * 4);
      await getDb().deleteCollection(collection.nameOrId);
      const { documentCount, collectionCount } = await getDb().usage();
      expect(documentCount).toBeLessThan(after.documentCount - 400);
      expect(collectionCount).toBe(before.collectionCount);
    });

    it("are told of any tenant to whoever runs the server", async () => {
      const { tenantId } = await getDb().usage();
      for (const tenant of ["default", tenantId]) {
        expect((await getDb().usage({ tenant })).tenantId).toBe(tenantId);
      }
      for (const tenant of ["nobody", unknownId]) {
        await expect(getDb().usage({ tenant })).rejects.toMatchObject({
          code: "not_found",
          message: `tenant ${JSON.stringify(tenant)} does not exist`,
        });
      }
    });

    it.each(["memory", "storage"] as const)(
      "of %s refuse what would cross them as soon as they are changed, and nothing else",
      async (what) => {
        const collection = await newCollection();
        await collection.upsert(documents(5));
        const before = await getDb().tenants.get("default");
        try {
          const { tenants } = getDb();
          const quotas = what === "memory" ? { memoryQuotaBytes: 1_000 } : { storageQuotaBytes: 1_000 };
          await tenants.update("default", quotas);
          expect((await getDb().usage())[what].quotaBytes).toBe(1_000);
          const refusal = {
            code: "quota_exceeded",
            message: expect.stringContaining(`${what}_quota_bytes`),
          };
          await expect(collection.upsert(documents(1, 9))).rejects.toMatchObject(refusal);
          await expect(getDb().createCollection({ name: "more", dimension })).rejects.toMatchObject(refusal);
          expect((await collection.get("d1")).externalId).toBe("d1");
          await collection.delete("d1");
          expect(await collection.count()).toBe(4);
        } finally {
          const { memoryQuotaBytes, storageQuotaBytes } = before;
          await getDb().tenants.update("default", { memoryQuotaBytes, storageQuotaBytes });
        }
        expect((await collection.upsert(documents(1, 9))).upsertedCount).toBe(1);
      },
    );

    it("of a collection's documents refuse what is beyond them, and let others be replaced and deleted", async () => {
      const { name } = await getDb().createCollection({ name: "few", dimension, maxDocumentCount: 3 });
      const few = getDb().collection(name);
      const { upsertedCount, items } = await few.upsert(documents(5));
      expect(upsertedCount).toBe(3);
      expect(items.slice(3)).toMatchObject([{ code: "quota_exceeded" }, { code: "quota_exceeded" }]);
      expect((await few.upsert(documents(3))).items[2]).toMatchObject({ ok: true, version: 2 });
      await expect(few.upsert(documents(1, 8), { atomic: true })).rejects.toMatchObject({
        code: "quota_exceeded",
      });
      await few.delete("d1");
      expect((await few.upsert(documents(1, 8))).upsertedCount).toBe(1);
      expect(await few.count()).toBe(3);
      await getDb().deleteCollection(name);
    });
  });
}

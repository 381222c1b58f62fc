import {
  type AkiDb,
  AkiDbError,
  type Collection,
  type ErrorCode,
  type HnswOptions,
  type JsonObject,
  type Metric,
  type Quantization,
  type QueryInput,
  type QueryResult,
  quantizations,
  SeededRandom,
  type TieringPolicy,
} from "@akidb/base";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { checkChunkedTexts } from "./chunkedTexts.contract.ts";
import { checkManyDocuments } from "./manyDocuments.contract.ts";
import { checkQuotas } from "./quotas.contract.ts";
import { checkTenancy } from "./tenancy.contract.ts";
import { checkTextQueries } from "./textQueries.contract.ts";
import { checkUsersAndKeys } from "./usersAndKeys.contract.ts";

/** A new and empty database, with a place for backups. */
export type OpenForTest = () => Promise<{ readonly db: AkiDb; readonly close: () => Promise<void> }>;

const dimension = 16;
const unknownId = "00000000-0000-7000-8000-000000000000";

/** What `AkiDb` promises, whatever is behind it. */
export function checkAkiDb(name: string, openForTest: OpenForTest): void {
  describe(name, () => {
    let db: AkiDb;
    let close: () => Promise<void>;
    let collection: Collection;
    let collectionCount = 0;
    let declaredCount = 0;

    beforeAll(async () => {
      ({ db, close } = await openForTest());
    });
    afterAll(() => close());

    async function newCollection(metric: Metric = "cosine"): Promise<Collection> {
      const { name } = await db.createCollection({ name: `c${++collectionCount}`, dimension, metric });
      return db.collection(name);
    }

    it("verifies its files while it is used", async () => {
      collection = await newCollection();
      await collection.upsert([{ vector: new Float32Array(dimension).fill(1) }]);
      const begun = await db.startVerification();
      expect(begun).toMatchObject({ state: "running", report: null });
      let verification = begun;
      while (verification.state === "running") {
        await new Promise((resolve) => setTimeout(resolve, 10));
        verification = await db.getVerification(begun.id);
      }
      expect(verification).toMatchObject({ state: "done", progress: 1, report: { damages: [] } });
      await expect(db.getVerification(unknownId)).rejects.toMatchObject({ code: "not_found" });
    });

    it("is backed up while it is used, to the place that is configured", async () => {
      collection = await newCollection();
      await collection.upsert([{ vector: new Float32Array(dimension).fill(1) }]);
      const begun = await db.startBackup();
      expect(begun).toMatchObject({ state: "running", report: null });
      let backup = begun;
      while (backup.state === "running") {
        await new Promise((resolve) => setTimeout(resolve, 10));
        backup = await db.getBackup(begun.id);
      }
      expect(backup).toMatchObject({ state: "done", progress: 1, collection: null, to: begun.to });
      expect(backup.report!.id).toBe(begun.id);
      expect(backup.report!.documentCount).toBeGreaterThan(0);
      await expect(db.getBackup(unknownId)).rejects.toMatchObject({ code: "not_found" });
      await expect(db.startBackup({ to: "ftp://elsewhere" })).rejects.toMatchObject({
        code: expect.stringMatching(/invalid_argument|permission_denied/),
      });
    });

    it("has nothing that waits for the object store, whose circuit breaker can be reset", async () => {
      expect(await db.deadLetters.list()).toEqual({ items: [] });
      expect(await db.deadLetters.list({ limit: 1 })).toEqual({ items: [] });
      await expect(db.deadLetters.list({ limit: 0 })).rejects.toMatchObject({ code: "invalid_argument" });
      await expect(db.deadLetters.retry(unknownId)).rejects.toMatchObject({ code: "not_found" });
      await expect(db.deadLetters.retry("books")).rejects.toMatchObject({ code: "invalid_argument" });
      expect(await db.resetCircuitBreakers()).toEqual([
        { service: "object_store", state: "closed", reason: null },
      ]);
    });

    describe("collections", () => {
      it("are created with their defaults, and found by name and id", async () => {
        const created = await db.createCollection({ name: "defaults" });
        expect(created).toMatchObject({
          name: "defaults",
          dimension: 384,
          metric: "cosine",
          embeddingModel: "hashing",
          modelFingerprint: expect.stringMatching(/^hashing\/1\/\d+$/),
          maxDocumentCount: 50_000_000,
          hnsw: { m: 32, efConstruction: 200 },
          quantization: "int8",
          tieringPolicy: "memory",
          syncPolicy: "continuous",
          walRetentionSeconds: 604_800,
          documentCount: 0,
          indexedCount: 0,
          recallEstimate: null,
          state: "ready",
          stateReason: null,
        });
        expect(await db.getCollection("defaults")).toEqual(created);
        expect(await db.getCollection(created.id)).toEqual(created);
        expect(created.createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      });

      it("are created as asked for", async () => {
        const input = { name: "as-asked", dimension: 17, metric: "l2", maxDocumentCount: 5 } as const;
        expect(await db.createCollection(input)).toMatchObject(input);
        const kept = { tieringPolicy: "memory_s3", syncPolicy: "manual", walRetentionSeconds: 0 } as const;
        expect(await db.createCollection({ name: "kept-elsewhere", ...kept })).toMatchObject(kept);
        expect(await db.getCollection("kept-elsewhere")).toMatchObject(kept);
      });

      it.each(quantizations)(
        "keep the graph that was asked for, its vectors coded as %s",
        async (quantization) => {
          const input = { name: `coded-${quantization}`, hnsw: { m: 8, efConstruction: 64 }, quantization };
          const created = await db.createCollection({ ...input, dimension });
          expect(created).toMatchObject(input);
          expect(await db.getCollection(input.name)).toEqual(created);
        },
      );

      it("take what is not said of the graph from the defaults", async () => {
        const graphOf = async (name: string, hnsw: Partial<HnswOptions>) =>
          (await db.createCollection({ name, dimension, hnsw })).hnsw;
        expect(await graphOf("graph-0", {})).toEqual({ m: 32, efConstruction: 200 });
        expect(await graphOf("graph-m", { m: 4 })).toEqual({ m: 4, efConstruction: 200 });
        expect(await graphOf("graph-ef", { efConstruction: 4_096 })).toEqual({
          m: 32,
          efConstruction: 4_096,
        });
      });

      it("are listed page by page, in order of creation", async () => {
        const names: string[] = [];
        for (let cursor: string | undefined; ; ) {
          const page = await db.listCollections({ limit: 2, ...(cursor === undefined ? {} : { cursor }) });
          expect(page.items.length).toBeLessThanOrEqual(2);
          names.push(...page.items.map(({ name }) => name));
          cursor = page.nextCursor;
          if (cursor === undefined) break;
        }
        const own = names.filter((name) => /^c\d+$/.test(name));
        expect(own).toEqual(Array.from({ length: collectionCount }, (_, index) => `c${index + 1}`));
      });

      it("are gone once deleted, with their documents", async () => {
        collection = await newCollection();
        await collection.upsert([{ externalId: "a", vector: unit(0) }]);
        await db.deleteCollection(collection.nameOrId);
        await refused(db.getCollection(collection.nameOrId), "not_found");
        await db.createCollection({ name: collection.nameOrId, dimension });
        await refused(collection.get("a"), "not_found");
      });

      it("are refused with what would be right", async () => {
        collection = await newCollection();
        await refused(db.createCollection({ name: collection.nameOrId }), "already_exists");
        expect(await refused(db.createCollection({ name: "no spaces" }), "invalid_argument")).toContain(
          "name",
        );
        expect(
          await refused(db.createCollection({ name: "x", dimension: 5000 }), "invalid_argument"),
        ).toContain("dimension");
        expect(
          await refused(
            db.createCollection({ name: "x", metric: "manhattan" as Metric }),
            "invalid_argument",
          ),
        ).toContain("metric");
        expect(
          await refused(db.createCollection({ name: "x", maxDocumentCount: 0 }), "invalid_argument"),
        ).toContain("max_doc_count");
        expect(
          await refused(
            db.createCollection({ name: "x", tieringPolicy: "tape" as TieringPolicy }),
            "invalid_argument",
          ),
        ).toContain("tiering_policy");
        expect(
          await refused(db.createCollection({ name: "x", walRetentionSeconds: -1 }), "invalid_argument"),
        ).toContain("wal_retention_seconds");
        expect(
          await refused(
            db.createCollection({ name: "x", quantization: "int4" as Quantization }),
            "invalid_argument",
          ),
        ).toContain("quantization");
        expect(await refused(db.listCollections({ limit: 0 }), "invalid_argument")).toContain("limit");
        expect(await refused(db.listCollections({ cursor: "?" }), "invalid_argument")).toContain("cursor");
      });

      it.each([
        [{ m: 3 }, "hnsw.m"],
        [{ m: 65 }, "hnsw.m"],
        [{ m: 8.5 }, "hnsw.m"],
        [{ efConstruction: 4_097 }, "hnsw.ef_construction"],
        [{ m: 4, efConstruction: 7 }, "hnsw.ef_construction"],
        [{ m: 64, efConstruction: 63 }, "hnsw.ef_construction"],
        [{ efConstruction: 31 }, "hnsw.ef_construction"],
      ])("are refused with a graph that cannot be: %j", async (hnsw, path) => {
        const creation = db.createCollection({ name: "x", dimension, hnsw });
        expect(await refused(creation, "invalid_argument")).toEqual([path]);
      });

      it("that do not exist are named in every call", async () => {
        const nobody = db.collection("nobody");
        for (const call of [
          () => db.getCollection("nobody"),
          () => db.deleteCollection("nobody"),
          () => nobody.upsert([{ vector: unit(0) }]),
          () => nobody.get("a"),
          () => nobody.delete("a"),
          () => nobody.query({ vector: unit(0) }),
          () => nobody.scrollPage(),
          () => nobody.count(),
          () => nobody.facets({ field: "a" }),
          () => nobody.getMany({ ids: ["a"] }),
          () => nobody.deleteMany({ ids: ["a"] }),
        ]) {
          const error = await call().catch((reason: unknown) => reason);
          expect(error).toMatchObject({ code: "not_found", message: 'collection "nobody" does not exist' });
        }
      });
    });

    describe("documents", () => {
      beforeEach(async () => {
        collection = await newCollection();
      });

      it("come back as they were put in", async () => {
        const vector = unit(3);
        const metadata = { year: 1990, tags: ["a", "ü"], nested: { none: null, yes: true } };
        const { upsertedCount, items } = await collection.upsert([
          { externalId: "isbn/1 ü", vector, text: "line\nline 🙂", metadata },
        ]);
        expect(upsertedCount).toBe(1);
        const [item] = items;
        if (item?.ok !== true) throw new Error("not written");
        const document = await collection.get("isbn/1 ü", { include: ["metadata", "text", "vector"] });
        expect(document).toMatchObject({
          id: item.id,
          externalId: "isbn/1 ü",
          text: "line\nline 🙂",
          metadata,
          version: 1,
        });
        expect(document.vector).toEqual(vector);
        expect(document.insertedAt).toBe(document.updatedAt);
        expect(await collection.get(item.id)).toMatchObject({ id: item.id });
      });

      it("keep every bit of a vector", async () => {
        const random = new SeededRandom(7);
        const l2 = await newCollection("l2");
        const vector = Float32Array.from({ length: dimension }, () => random.nextGaussian() * 1e-20);
        await l2.upsert([{ externalId: "a", vector }]);
        expect((await l2.get("a", { include: ["vector"] })).vector).toEqual(vector);
      });

      it("have only the parts that are asked for", async () => {
        await collection.upsert([{ externalId: "a", vector: unit(0), text: "t", metadata: { m: 1 } }]);
        const parts = async (include?: readonly ("metadata" | "text" | "vector")[]) => {
          const document = await collection.get("a", include === undefined ? {} : { include });
          return ["metadata", "text", "vector"].filter((part) => part in document);
        };
        expect(await parts()).toEqual(["metadata", "text"]);
        expect(await parts(["vector"])).toEqual(["vector"]);
        expect(await parts([])).toEqual([]);
      });

      it("are replaced as a whole, by id and by external id", async () => {
        const id = "11111111-1111-4111-8111-111111111111";
        await collection.upsert([{ id, externalId: "a", vector: unit(0), metadata: { m: 1 } }]);
        await collection.upsert([{ externalId: "a", vector: unit(1), text: "new" }]);
        const document = await collection.get(id);
        expect(document).toMatchObject({ id, externalId: "a", text: "new", version: 2 });
        expect(document).not.toHaveProperty("metadata");
        expect((await db.getCollection(collection.nameOrId)).documentCount).toBe(1);
      });

      it("are written or refused one by one", async () => {
        const { upsertedCount, items } = await collection.upsert([
          { vector: unit(0) },
          { vector: [1, 2, 3] },
          { id: "not-a-uuid", vector: unit(0) },
          { externalId: "fine", vector: unit(1) },
          {},
          { vector: [Number.POSITIVE_INFINITY, ...unit(0).slice(1)] },
        ]);
        expect(upsertedCount).toBe(2);
        expect(items.map((item) => (item.ok ? "ok" : item.code))).toEqual([
          "ok",
          "invalid_argument",
          "invalid_argument",
          "ok",
          "invalid_argument",
          "invalid_argument",
        ]);
        const paths = items.map((item) => (item.ok ? undefined : item.violations[0]?.path));
        expect(paths.slice(1, 3)).toEqual(["vector", "id"]);
        expect((await db.getCollection(collection.nameOrId)).documentCount).toBe(2);
      });

      it("may all be refused", async () => {
        const { upsertedCount, items } = await collection.upsert([
          { vector: [1] },
          { vector: unit(0).fill(0) },
        ]);
        expect(upsertedCount).toBe(0);
        expect(items).toHaveLength(2);
        for (const item of items) expect(item).toMatchObject({ ok: false, code: "invalid_argument" });
      });

      it("are written together or not at all where that is asked for", async () => {
        const paths = await refused(
          collection.upsert([{ vector: unit(0) }, { vector: [1] }], { atomic: true }),
          "invalid_argument",
        );
        expect(paths).toEqual(["documents[1].vector"]);
        expect((await db.getCollection(collection.nameOrId)).documentCount).toBe(0);
        const written = await collection.upsert([{ vector: unit(0) }, { vector: unit(1) }], { atomic: true });
        expect(written.upsertedCount).toBe(2);
      });

      it("may be none", async () => {
        expect(await collection.upsert([])).toEqual({ upsertedCount: 0, items: [] });
      });

      it("are gone once deleted", async () => {
        await collection.upsert([{ externalId: "a", vector: unit(0) }]);
        await collection.delete("a");
        await refused(collection.get("a"), "not_found");
        await refused(collection.delete("a"), "not_found");
        expect((await collection.query({ vector: unit(0) })).matches).toEqual([]);
      });

      it("are patched without being written anew", async () => {
        const metadata = { a: 1, b: { c: 1, d: 2 }, tags: ["x"] };
        await collection.upsert([{ externalId: "a", vector: unit(3), text: "t", metadata }]);
        const { id, version } = await collection.patch("a", {
          metadata: { a: null, b: { c: 9 }, tags: ["y"], new: true },
        });
        expect(version).toBe(2);
        expect(await collection.get("a", { include: ["metadata", "text", "vector"] })).toMatchObject({
          id,
          version,
          text: "t",
          vector: unit(3),
          metadata: { b: { c: 9, d: 2 }, tags: ["y"], new: true },
        });
        const find = async (filter: JsonObject) =>
          (await collection.query({ vector: unit(0), filter })).matches.length;
        expect([await find({ a: 1 }), await find({ "b.c": 9 }), await find({ tags: "x" })]).toEqual([
          0, 1, 0,
        ]);
        await collection.patch(id, { metadata: null });
        expect(await collection.get(id)).not.toHaveProperty("metadata");
      });

      it("refuse a patch that they cannot take", async () => {
        await collection.upsert([{ externalId: "a", vector: unit(3), metadata: { a: 1 } }]);
        const metadata = { a: "x".repeat(70_000) };
        expect(await refused(collection.patch("a", { metadata }), "invalid_argument")).toEqual(["metadata"]);
        await refused(collection.patch("a", {}), "invalid_argument");
        expect(await refused(collection.patch("a", { ttlSeconds: 0 }), "invalid_argument")).toEqual([
          "ttl_seconds",
        ]);
        await refused(collection.patch("nobody", { metadata: {} }), "not_found");
        expect(await collection.get("a")).toMatchObject({ version: 1, metadata: { a: 1 } });
      });

      it("are patched many at a time, each by itself or all together", async () => {
        await collection.upsert([
          { externalId: "a", vector: unit(0), metadata: { n: 1 } },
          { externalId: "b", vector: unit(1) },
        ]);
        const patches = [
          { id: "a", metadata: { n: 2 }, ifVersion: 1 },
          { id: "nobody", metadata: { n: 2 } },
          { id: "b", metadata: { n: 3 } },
          { id: "b", metadata: { n: 4 }, ifVersion: 1 },
        ];
        const { patchedCount, items } = await collection.patchMany(patches);
        expect(patchedCount).toBe(2);
        expect(items.map((item) => (item.ok ? item.version : item.code))).toEqual([
          2,
          "not_found",
          2,
          "failed_precondition",
        ]);
        expect(items[3]).toMatchObject({
          violations: [{ path: "if_version", detail: "is 1, and the version is 2" }],
        });
        expect(await refused(collection.patchMany(patches, { atomic: true }), "failed_precondition")).toEqual(
          ["documents[0].if_version"],
        );
        expect(await collection.get("b")).toMatchObject({ metadata: { n: 3 }, version: 2 });
      });

      it("are written, patched and deleted only in the version that is demanded", async () => {
        const write = async (ifVersion: number) => {
          const { items } = await collection.upsert([{ externalId: "a", vector: unit(0), ifVersion }]);
          return items.map((item) => (item.ok ? item.version : item.code));
        };
        expect([await write(3), await write(0), await write(0), await write(1)]).toEqual([
          ["failed_precondition"],
          [1],
          ["failed_precondition"],
          [2],
        ]);
        const patch = collection.patch("a", { metadata: {} }, { ifVersion: 1 });
        expect(await refused(patch, "failed_precondition")).toEqual(["if_version"]);
        const deletion = collection.delete("a", { ifVersion: 1 });
        expect(await refused(deletion, "failed_precondition")).toEqual(["if_version"]);
        expect(await collection.patch("a", { metadata: {} }, { ifVersion: 2 })).toMatchObject({ version: 3 });
        await collection.delete("a", { ifVersion: 3 });
        await refused(collection.get("a"), "not_found");
      });

      it("go by themselves when their time has come", async () => {
        const past = "2020-01-01T00:00:00Z";
        const future = "2999-01-01T00:00:00.000Z";
        await collection.upsert([
          { externalId: "kept", vector: unit(0), ttlSeconds: 3_600 },
          { externalId: "dated", vector: unit(1), expiresAt: future },
          { externalId: "gone", vector: unit(2), expiresAt: past },
        ]);
        expect((await collection.get("dated")).expiresAt).toBe(future);
        expect(Date.parse((await collection.get("kept")).expiresAt!)).toBeGreaterThan(Date.now());
        await refused(collection.get("gone"), "not_found");
        await collection.patch("kept", { ttlSeconds: null });
        expect(await collection.get("kept")).not.toHaveProperty("expiresAt");
        await collection.patch("dated", { expiresAt: past });
        await refused(collection.get("dated"), "not_found");
        const { matches } = await collection.query({ vector: unit(0) });
        expect(matches.map(({ externalId }) => externalId)).toEqual(["kept"]);
        expect((await db.getCollection(collection.nameOrId)).documentCount).toBe(1);
        expect(await collection.count()).toBe(1);
        for await (const { externalId } of collection.scroll()) expect(externalId).toBe("kept");
      });
    });

    it.each([unknownId, "nobody", "..", ""])("documents that do not exist: %j", async (id) => {
      collection ??= await newCollection();
      const error = await collection.get(id).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(AkiDbError);
      expect(["not_found", "invalid_argument"]).toContain((error as AkiDbError).code);
    });

    checkManyDocuments(() => newCollection());
    checkTextQueries(() => newCollection());
    checkChunkedTexts(() => newCollection());
    checkTenancy(() => db);
    checkQuotas(
      () => db,
      () => newCollection(),
    );
    checkUsersAndKeys(
      () => db,
      () => newCollection(),
    );

    describe("queries", () => {
      let alike: Collection | undefined;

      it.each([
        ["cosine", [1, 0], [0, 1]],
        ["dot", [1, 0], [-1, 0]],
        ["l2", [0, -Math.SQRT2], [0, Math.SQRT2]],
      ] as const)("order by %s, and tell score and distance", async (metric, scores, distances) => {
        const measured = await newCollection(metric);
        await measured.upsert([
          { externalId: "other", vector: unit(1) },
          { externalId: "same", vector: unit(0) },
        ]);
        const { matches, latencyMs } = await measured.query({ vector: unit(0) });
        expect(matches.map(({ externalId }) => externalId)).toEqual(["same", "other"]);
        expect(matches.map(({ score }) => score)).toEqual(scores.map((score) => expect.closeTo(score, 6)));
        expect(matches.map(({ distance }) => distance)).toEqual(
          distances.map((distance) => expect.closeTo(distance, 6)),
        );
        expect(latencyMs).toBeGreaterThanOrEqual(0);
      });

      it("find a document at once, by text, too", async () => {
        collection = await newCollection();
        await collection.upsert([
          { externalId: "fox", text: "The quick brown fox jumps over the lazy dog" },
          { externalId: "sort", text: "Sorting in linear time" },
        ]);
        const { matches } = await collection.query({ text: "linear sorting", topK: 1 });
        expect(matches.map(({ externalId }) => externalId)).toEqual(["sort"]);
      });

      it("give as many matches as asked for, ten by default, with the parts asked for", async () => {
        collection = await newCollection();
        await collection.upsert(
          Array.from({ length: 12 }, (_, index) => ({ vector: unit(index), text: "t", metadata: { index } })),
        );
        const byDefault = await collection.query({ vector: Array.from(unit(0)) });
        expect(byDefault.matches).toHaveLength(10);
        expect(byDefault.matches[0]).toMatchObject({ metadata: { index: 0 } });
        expect(byDefault.matches[0]).not.toHaveProperty("text");
        expect(byDefault.matches[0]).not.toHaveProperty("vector");
        const { matches } = await collection.query({ vector: unit(3), topK: 2, include: ["vector", "text"] });
        expect(matches).toHaveLength(2);
        expect(matches[0]).toMatchObject({ text: "t", vector: unit(3) });
        expect(matches[0]).not.toHaveProperty("metadata");
      });

      it.each([{ ef: 1 }, { ef: 40_000 }, { exact: true }, { exact: false }, { ef: 1, exact: true }])(
        "may say how thoroughly to look: %j",
        async (how) => {
          alike ??= await newCollection();
          await alike.upsert([
            { externalId: "a", vector: unit(0) },
            { externalId: "b", vector: unit(1) },
          ]);
          const { matches } = await alike.query({ vector: unit(1), ...how });
          expect(matches.map(({ externalId, score }) => [externalId, score])).toEqual([
            ["b", expect.closeTo(1, 6)],
            ["a", expect.closeTo(0, 6)],
          ]);
        },
      );

      it("are refused with the field that is wrong", async () => {
        collection = await newCollection();
        const paths = async (input: Parameters<Collection["query"]>[0]) =>
          refused(collection.query(input), "invalid_argument");
        expect(await paths({ vector: [1, 2] })).toContain("vector");
        expect(await paths({ vector: unit(0), topK: 0 })).toContain("top_k");
        expect(await paths({ vector: unit(0), topK: 1.5 })).toContain("top_k");
        for (const ef of [0, 40_001, 1.5]) expect(await paths({ vector: unit(0), ef })).toContain("ef");
        const exact = "yes" as unknown as boolean;
        expect(await paths({ vector: unit(0), exact })).toContain("exact");
        await paths({});
        await paths({ vector: unit(0), text: "both" });
        expect(await paths({ id: "a", vectors: { positive: ["a"] } })).toEqual(["vector"]);
        expect(await paths({ vectors: { positive: [] } })).toEqual(["vectors.positive"]);
        expect(await paths({ vector: unit(0), topK: 6_000, offset: 6_000 })).toEqual(["offset"]);
        expect(await paths({ vector: unit(0), groupBy: { field: "a", size: 0 } })).toEqual(["group_by.size"]);
        expect(await paths({ vector: unit(0), timeoutMs: 0 })).toEqual(["timeout_ms"]);
        await refused(collection.query({ id: "nobody" }), "not_found");
      });

      describe("of a few documents", () => {
        beforeAll(async () => {
          collection = await newCollection();
          await collection.upsert(
            Array.from({ length: 12 }, (_, n) => ({
              externalId: `d${n}`,
              vector: Float32Array.from({ length: dimension }, (_, i) => (i === 0 ? 1 : i === 1 ? n / 4 : 0)),
              metadata: { n, parity: n % 2 === 0 ? "even" : "odd", isLow: n < 3 },
            })),
          );
        });
        const found = ({ matches }: QueryResult) => matches.map(({ externalId }) => externalId);
        const named = (...numbers: readonly number[]) => numbers.map((n) => `d${n}`);

        it("find more like one of them, or like some and unlike others", async () => {
          expect(found(await collection.query({ id: "d0", topK: 3 }))).toEqual(named(1, 2, 3));
          const { id } = await collection.get("d0");
          expect(found(await collection.query({ id, topK: 3 }))).toEqual(named(1, 2, 3));
          const positive = [unit(0), "d1"];
          expect(found(await collection.query({ vectors: { positive }, topK: 2 }))).toEqual(named(0, 2));
          const away = await collection.query({ vectors: { positive: ["d5"], negative: ["d1"] }, topK: 1 });
          expect(found(away)).toEqual(named(11));
        });

        it("show a part of the ranking", async () => {
          const ranking = await collection.query({ vector: unit(0), topK: 12 });
          const part = await collection.query({ vector: unit(0), topK: 3, offset: 4 });
          expect(found(part)).toEqual(found(ranking).slice(4, 7));
          const minScore = ranking.matches[4]!.score;
          expect(found(await collection.query({ vector: unit(0), minScore }))).toEqual(named(0, 1, 2, 3, 4));
          const byCodes = await collection.query({ vector: unit(0), topK: 2, params: { rescore: false } });
          expect(found(byCodes)).toEqual(named(0, 1));
        });

        it("give the best of each value of a field", async () => {
          const query = { vector: unit(0), groupBy: { field: "parity", size: 2 }, include: [] };
          const { matches, groups } = await collection.query(query);
          expect(matches).toEqual([]);
          const shown = groups?.map((group) => [group.value, found({ ...group, latencyMs: 0 })]);
          expect(shown).toEqual([
            ["even", named(0, 2)],
            ["odd", named(1, 3)],
          ]);
          const byBoolean = await collection.query({ ...query, topK: 1, groupBy: { field: "isLow" } });
          expect(byBoolean.groups?.map(({ value }) => value)).toEqual([true]);
        });

        it("tell how they were answered, where they are asked", async () => {
          const filter = { n: { $lt: 5 }, parity: "even" };
          const { explain } = await collection.query({ vector: unit(0), filter, explain: true });
          expect(explain).toMatchObject({
            plan: "exact",
            matches: 3,
            candidates: 3,
            exactDistances: 3,
            segments: [{ method: expect.stringMatching(/^(exact|scan)$/), matches: 3 }],
            filter: {
              estimatedMatches: 5,
              check: "index",
              documentsRead: 0,
              conditions: [
                { field: "n", test: "$lt", source: "index", estimatedMatches: 5 },
                { field: "parity", test: "$eq", source: "index", estimatedMatches: 6 },
              ],
            },
          });
          expect(explain!.stages.map(({ name }) => name)).toEqual(["filter", "search", "documents"]);
          expect(await collection.query({ vector: unit(0) })).not.toHaveProperty("explain");
        });

        it("are answered or refused each on its own in a batch", async () => {
          const items = await collection.queryBatch([
            { vector: unit(0), topK: 1 },
            { vector: [1, 2] },
            { id: "nobody" },
            { id: "d3", topK: 1, explain: true },
            { vector: unit(0), groupBy: { field: "parity" }, topK: 1 },
          ]);
          expect(items).toMatchObject([
            { ok: true, matches: [{ externalId: "d0" }] },
            { ok: false, code: "invalid_argument", violations: [{ path: "vector" }] },
            { ok: false, code: "not_found", violations: [] },
            { ok: true, matches: [{ externalId: expect.any(String) }], explain: { candidates: 2 } },
            { ok: true, matches: [], groups: [{ value: "even" }] },
          ]);
          const many = Array.from({ length: 101 }, () => ({ vector: unit(0) }));
          expect(await refused(collection.queryBatch(many), "invalid_argument")).toEqual(["queries"]);
          expect(await refused(collection.queryBatch([]), "invalid_argument")).toEqual(["queries"]);
        });
      });
    });

    describe("filters", () => {
      beforeAll(async () => {
        collection = await newCollection();
        await collection.upsert(
          Array.from({ length: 30 }, (_, n) => ({
            externalId: `d${n}`,
            vector: Float32Array.from({ length: dimension }, (_, i) => Math.sin(n + i)),
            ...(n !== 29 && { metadata: { n, parity: n % 2 === 0 ? "even" : "odd", tags: [`t${n % 3}`] } }),
          })),
        );
      });
      const found = async (filter: JsonObject, more: Partial<QueryInput> = {}) => {
        const { matches } = await collection.query({ vector: unit(0), topK: 30, filter, ...more });
        return matches.map(({ externalId }) => externalId).sort();
      };
      const named = (numbers: readonly number[]) => numbers.map((n) => `d${n}`).sort();

      it("let through what passes, and nothing else", async () => {
        expect(await found({ n: { $gte: 3, $lt: 6 } })).toEqual(named([3, 4, 5]));
        expect(await found({ n: { $gte: 3, $lt: 6 } }, { exact: true })).toEqual(named([3, 4, 5]));
        expect(await found({ parity: "even", tags: "t1", n: { $lt: 12 } })).toEqual(named([4, 10]));
        expect(await found({ n: { $exists: false } })).toEqual(named([29]));
        expect(await found({ missing: true })).toEqual([]);
        expect(await found({})).toHaveLength(30);
      });

      it("keep the order of the search", async () => {
        const all = await collection.query({ vector: unit(0), topK: 30, exact: true });
        const odd = await collection.query({
          vector: unit(0),
          topK: 5,
          exact: true,
          filter: { parity: "odd" },
        });
        const expected = all.matches.filter(({ metadata }) => metadata?.["parity"] === "odd").slice(0, 5);
        expect(odd.matches.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
      });

      it("are refused with the operator that is wrong", async () => {
        const filter = { n: { $above: 3 }, $or: [] };
        expect(await refused(collection.query({ vector: unit(0), filter }), "invalid_argument")).toEqual([
          "filter.n.$above",
          "filter.$or",
        ]);
      });

      it("follow what is written", async () => {
        await collection.upsert([{ externalId: "d4", vector: unit(1), metadata: { n: 40 } }]);
        await collection.delete("d5");
        expect(await found({ n: { $gte: 3, $lt: 7 } })).toEqual(named([3, 6]));
        expect(await found({ n: 40 })).toEqual(named([4]));
      });
    });

    describe("indexes of metadata", () => {
      const payloadIndexes = {
        year: "number",
        tags: "keyword",
        at: "date",
        ok: "boolean",
        place: "geo",
        "items.price": "number",
        "v1\\.0": "keyword",
      } as const;
      async function newDeclared(): Promise<Collection> {
        const name = `declared-${++declaredCount}`;
        const created = await db.createCollection({ name, dimension, payloadIndexes });
        const unused = { documentCount: 0, memoryBytes: expect.any(Number), notice: null };
        expect(created).toMatchObject({
          payloadIndexes: Object.entries(payloadIndexes).map(([field, type]) => ({ field, type, ...unused })),
          payloadNotice: null,
        });
        expect(await db.getCollection(name)).toEqual(created);
        return db.collection(name);
      }
      let refusing: Collection;
      beforeAll(async () => {
        refusing = await newDeclared();
      });
      const document = (metadata: JsonObject) => ({ externalId: "d", vector: unit(0), metadata });

      it("take values of the types that were declared, and tell what there is", async () => {
        const declared = await newDeclared();
        const metadata = {
          year: [2024, 2025.5, null],
          tags: ["a", ["b"]],
          at: "2024-02-29T12:00:00Z",
          ok: null,
          place: { lat: 48.1, lon: 11.5, name: "here" },
          items: [{ price: 1 }, { price: [2, 3] }, { name: "free" }, "none"],
          "v1.0": "yes",
          other: [1, "x", true],
        };
        const { items } = await declared.upsert([document(metadata), { vector: unit(1) }]);
        expect(items.map(({ ok }) => ok)).toEqual([true, true]);
        const info = await db.getCollection(declared.nameOrId);
        const counts = info.payloadIndexes.map(({ field, type, documentCount }) => [
          field,
          type,
          documentCount,
        ]);
        expect(counts.slice(0, 7)).toEqual(Object.entries(payloadIndexes).map(([f, type]) => [f, type, 1]));
        expect(counts.slice(7).sort()).toEqual([
          ["items", "auto", 1],
          ["items.name", "auto", 1],
          ["other", "auto", 1],
          ["place.lat", "auto", 1],
          ["place.lon", "auto", 1],
          ["place.name", "auto", 1],
        ]);
        for (const { memoryBytes } of info.payloadIndexes) expect(memoryBytes).toBeGreaterThan(0);
        const indexBytes = info.payloadIndexes.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);
        expect(info.memoryBytes).toBeGreaterThan(indexBytes);
        const query = { vector: unit(0), filter: { "items.price": { $gt: 2 }, "v1\\.0": "yes" } };
        expect((await declared.query(query)).matches.map(({ externalId }) => externalId)).toEqual(["d"]);
      });

      it.each<readonly [string, JsonObject]>([
        ["year", { year: "2024" }],
        ["tags[1]", { tags: ["a", 1] }],
        ["tags[1][0]", { tags: ["a", [true]] }],
        ["at", { at: "yesterday" }],
        ["at", { at: 1_700_000_000 }],
        ["ok", { ok: 1 }],
        ["place", { place: { lat: 91, lon: 0 } }],
        ["place", { place: "48.1,11.5" }],
        ["items[1].price", { items: [{ price: 1 }, { price: "2" }] }],
        ["v1.0", { "v1.0": {} }],
      ])("refuse another type at %s", async (path, metadata) => {
        const good = { externalId: "good", vector: unit(1) };
        const { items } = await refusing.upsert([good, document(metadata)]);
        expect(items).toMatchObject([
          { ok: true },
          { ok: false, code: "invalid_argument", violations: [{ path: `metadata.${path}` }] },
        ]);
        await expect(refusing.get("d")).rejects.toMatchObject({ code: "not_found" });
        const atomic = refusing.upsert([{ ...good, externalId: "other" }, document(metadata)], {
          atomic: true,
        });
        expect(await refused(atomic, "invalid_argument")).toEqual([`documents[1].metadata.${path}`]);
        await expect(refusing.get("other")).rejects.toMatchObject({ code: "not_found" });
      });

      it("refuse another type in what a patch makes of a document", async () => {
        const declared = await newDeclared();
        await declared.upsert([document({ year: 2024 })]);
        const patch = declared.patch("d", { metadata: { year: "soon" } });
        expect(await refused(patch, "invalid_argument")).toEqual(["metadata.year"]);
        expect((await declared.get("d")).metadata).toEqual({ year: 2024 });
      });

      it("come with a clone", async () => {
        const declared = await newDeclared();
        await declared.upsert([document({ year: 2024 })]);
        const { id } = await declared.createSnapshot();
        const clone = await declared.restoreSnapshot(id, { into: `${declared.nameOrId}-clone` });
        expect(clone.payloadIndexes.slice(0, 7)).toMatchObject(
          Object.entries(payloadIndexes).map(([field, type]) => ({ field, type })),
        );
        const { items } = await db.collection(clone.name).upsert([document({ year: "2024" })]);
        expect(items).toMatchObject([{ ok: false, violations: [{ path: "metadata.year" }] }]);
      });

      it("are refused where they cannot be declared", async () => {
        const creating = (indexes: Record<string, unknown>) =>
          refused(db.createCollection({ name: "x", payloadIndexes: indexes as never }), "invalid_argument");
        expect(await creating({ year: "integer" })).toContainEqual(
          expect.stringMatching(/^payload_indexes.year/),
        );
        expect(await creating({ "a..b": "number" })).toContain("payload_indexes.a..b");
        const many = Object.fromEntries(Array.from({ length: 257 }, (_, n) => [`f${n}`, "number"]));
        expect(await creating(many)).toContain("payload_indexes");
      });
    });

    describe("embed", () => {
      it("gives a unit vector for each text", async () => {
        const { embeddings, model, dimension, usage } = await db.embed({ texts: ["one", "two words"] });
        expect(model).toBe("hashing");
        expect(embeddings.map((embedding) => embedding.length)).toEqual([dimension, dimension]);
        for (const embedding of embeddings) expect(Math.hypot(...embedding)).toBeCloseTo(1, 5);
        expect(usage.totalTokens).toBeGreaterThan(0);
      });

      it("refuses a model that it does not know", async () => {
        expect(await refused(db.embed({ texts: ["x"], model: "gpt" }), "invalid_argument")).toContain(
          "model",
        );
      });
    });

    it("models are listed with the collections that are pinned to them, and found by name and id", async () => {
      const { id } = await db.createCollection({ name: "pinned-to-768", dimension: 768 });
      const [first, ...others] = await db.models.list();
      expect(first).toEqual({
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        name: "hashing",
        provider: "hashing",
        dimension: 384,
        maxTokens: null,
        fingerprint: "hashing/1/384",
        state: "ready",
        isDefault: true,
        collectionCount: expect.any(Number),
        createdAt: expect.stringMatching(/Z$/),
      });
      const pinned = others.find(({ dimension }) => dimension === 768)!;
      expect(pinned).toMatchObject({ fingerprint: "hashing/1/768", isDefault: false, collectionCount: 1 });
      expect(await db.models.get(pinned.id)).toEqual(pinned);
      expect(await db.models.get("hashing")).toEqual(first);
      await refused(db.models.get("gpt"), "not_found");
      await db.deleteCollection(id);
      expect((await db.models.list()).some(({ dimension }) => dimension === 768)).toBe(false);
    });

    describe("snapshots", () => {
      const documents = Array.from({ length: 40 }, (_, n) => ({
        externalId: `d${n}`,
        vector: Float32Array.from({ length: dimension }, (_, i) => Math.sin(n * 31 + i)),
        text: `document ${n}`,
        metadata: { n },
      }));
      const include = ["metadata", "text", "vector"] as const;
      const contents = (of: Collection) =>
        Promise.all(documents.map(({ externalId }) => of.get(externalId, { include })));

      beforeEach(async () => {
        collection = await newCollection();
      });

      it("keep a collection as it was, and give it back", async () => {
        await collection.upsert(documents);
        const before = await contents(collection);
        const snapshot = await collection.createSnapshot();
        expect(snapshot).toMatchObject({
          state: "ready",
          stateReason: null,
          origin: "manual",
          location: "local",
          progress: null,
          documentCount: 40,
        });
        expect(await collection.listSnapshots()).toEqual({ items: [snapshot], objectStoreProblem: null });

        await collection.upsert([{ externalId: "d0", vector: unit(1) }]);
        await collection.delete("d1");
        await collection.upsert([{ externalId: "later", vector: unit(2) }]);

        const clone = await collection.restoreSnapshot(snapshot.id, { into: `${collection.nameOrId}-clone` });
        expect(clone).toMatchObject({ name: `${collection.nameOrId}-clone`, documentCount: 40, dimension });
        expect(await contents(db.collection(clone.name))).toEqual(before);
        expect((await db.getCollection(collection.nameOrId)).documentCount).toBe(40);
        expect(await collection.get("later")).toMatchObject({ externalId: "later" });

        const restored = await collection.restoreSnapshot(snapshot.id);
        expect(restored).toMatchObject({ name: collection.nameOrId, documentCount: 40, state: "ready" });
        expect(await contents(collection)).toEqual(before);
        await refused(collection.get("later"), "not_found");
        // What comes after a restore is kept like anything else, and the snapshots are still there.
        await collection.upsert([{ externalId: "after", vector: unit(3) }]);
        const { matches } = await collection.query({ vector: unit(3), topK: 1 });
        expect(matches[0]?.externalId).toBe("after");
        expect(await collection.listSnapshots()).toEqual({ items: [snapshot], objectStoreProblem: null });
      });

      it("are made of an empty collection, too", async () => {
        const { id } = await collection.createSnapshot();
        await collection.upsert(documents);
        expect((await collection.restoreSnapshot(id)).documentCount).toBe(0);
      });

      it("are begun without waiting, and download as Parquet", async () => {
        await collection.upsert(documents);
        const { id, state } = await collection.createSnapshot({ wait: false });
        expect(state).toBe("creating");
        await expect.poll(async () => (await collection.listSnapshots()).items[0]?.state).toBe("ready");
        const { sizeBytes, body } = await collection.downloadSnapshot(id);
        const bytes = await readAll(body);
        expect(bytes.length).toBe(sizeBytes);
        expect(new TextDecoder().decode(bytes.subarray(0, 4))).toBe("PAR1");
      });

      it("are deleted, and belong to their collection", async () => {
        expect(await refused(collection.createSnapshot({ upload: true }), "invalid_argument")).toEqual([
          "upload",
        ]);
        const { id } = await collection.createSnapshot();
        const other = await newCollection();
        for (const act of [
          () => other.deleteSnapshot(id),
          () => other.restoreSnapshot(id),
          () => other.downloadSnapshot(id),
          () => collection.restoreSnapshot(unknownId),
        ]) {
          await refused(act(), "not_found");
        }
        await refused(collection.restoreSnapshot(id, { into: other.nameOrId }), "already_exists");
        for (const until of [{ untilLsn: 1_000_000 }, { untilLsn: 1.5 }]) {
          expect(await refused(collection.restoreSnapshot(id, until), "invalid_argument")).toContain(
            "until_lsn",
          );
        }
        for (const until of [{ untilTime: "2020-01-01T00:00:00Z" }, { untilTime: "noon" }]) {
          expect(await refused(collection.restoreSnapshot(id, until), "invalid_argument")).toContain(
            "until_time",
          );
        }
        expect(
          await refused(collection.restoreSnapshot(id, { into: "no good name!" }), "invalid_argument"),
        ).toEqual(["name"]);
        await collection.deleteSnapshot(id);
        expect((await collection.listSnapshots()).items).toEqual([]);
        await refused(collection.restoreSnapshot(id), "not_found");
      });
    });

    describe("calls", () => {
      it("end by an aborted signal, with an error of the family", async () => {
        collection = await newCollection();
        const signal = AbortSignal.abort();
        const error = await collection
          .query({ vector: unit(0) }, { signal })
          .catch((reason: unknown) => reason);
        expect(error).toMatchObject({ code: "unavailable", message: "the request was cancelled" });
      });
    });
  });
}

const unit = (axis: number): Float32Array =>
  new Float32Array(dimension).map((_, index) => (index === axis % dimension ? 1 : 0));

/** @returns the paths that the error names */
async function refused(promise: Promise<unknown>, code: ErrorCode): Promise<readonly string[]> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(AkiDbError);
  expect(error).toMatchObject({ code });
  return (error as AkiDbError).violations.map(({ path }) => path);
}

async function readAll(body: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

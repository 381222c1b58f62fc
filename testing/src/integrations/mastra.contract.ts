import { type AkiDb, AkiDbError } from "@akidb/base";
import { AkiDbVector, type AkiDbVectorFilter } from "@akidb/mastra";
import { MastraVector } from "@mastra/core/vector";
import { beforeAll, describe, expect, it } from "vitest";

/** The axis that it lies on, and a little of everything else. */
const along = (axis: number): number[] => Array.from({ length: 16 }, (_, at) => (at === axis ? 1 : 0.05));

const indexName = "mastra_chunks";
const metadata = [
  { text: "log", source: "a.pdf", page: 1, tags: ["x", "y"], at: new Date("2024-01-01") },
  { text: "dough", source: "a.pdf", page: 2, tags: ["x"], nothing: null },
  { text: "sun", source: "b.pdf", page: 3, items: [{ price: 10 }, { price: 20 }] },
];
const ids = ["log", "dough", "sun"];

/** AkiDB as Mastra uses its vector stores. */
export function checkMastra(db: () => AkiDb): void {
  describe("Mastra", () => {
    const store = (): AkiDbVector => new AkiDbVector({ id: "akidb", db: db() });
    const passing = async (filter: AkiDbVectorFilter): Promise<readonly string[]> => {
      const found = await store().query({ indexName, queryVector: along(0), filter });
      return found.map(({ id }) => id).sort();
    };

    beforeAll(async () => {
      await store().createIndex({ indexName, dimension: 16 });
      await store().upsert({ indexName, vectors: [0, 1, 2].map(along), metadata, ids });
    });

    it("creates, lists, describes and deletes indexes", async () => {
      const vector = store();
      expect(vector).toBeInstanceOf(MastraVector);
      const names = { cosine: "cosine", euclidean: "l2", dotproduct: "dot" } as const;
      for (const [metric, own] of Object.entries(names) as [keyof typeof names, string][]) {
        await vector.createIndex({ indexName: `mastra_${metric}`, dimension: 16, metric });
        expect(await db().getCollection(`mastra_${metric}`)).toMatchObject({ metric: own });
        expect(await vector.describeIndex({ indexName: `mastra_${metric}` })).toEqual({
          dimension: 16,
          count: 0,
          metric,
        });
      }
      await vector.createIndex({ indexName: "mastra_cosine", dimension: 16 });
      await expect(vector.createIndex({ indexName: "mastra_cosine", dimension: 32 })).rejects.toThrow(
        "already exists with 16 dimensions",
      );
      await vector.deleteIndex({ indexName: "mastra_dotproduct" });
      const listed = await vector.listIndexes();
      expect(listed).toEqual(expect.arrayContaining([indexName, "mastra_cosine", "mastra_euclidean"]));
      expect(listed).not.toContain("mastra_dotproduct");
      await expect(vector.describeIndex({ indexName: "mastra_dotproduct" })).rejects.toMatchObject({
        code: "not_found",
      });
    });

    it("finds the nearest with their metadata, and with vectors where they are asked for", async () => {
      const [best, ...others] = await store().query({
        indexName,
        queryVector: along(1),
        topK: 2,
        includeVector: true,
      });
      expect(others).toHaveLength(1);
      expect(best).toMatchObject({ id: "dough", metadata: metadata[1] });
      expect(best!.score).toBeCloseTo(1, 5);
      expect(best!.vector).toHaveLength(16);
      const [bare] = await store().query({ indexName, queryVector: along(1) });
      expect(bare).not.toHaveProperty("vector");
      const byFilter = await store().query({ indexName, filter: { source: "a.pdf" } });
      expect(byFilter.map(({ id, score }) => [id, score])).toEqual([
        ["log", 0],
        ["dough", 0],
      ]);
      expect(await store().query({ indexName, filter: { source: "a.pdf" }, topK: 1 })).toHaveLength(1);
      const none = store().query({ indexName, filter: { source: "a.pdf" }, topK: 0 });
      await expect(none).rejects.toMatchObject({ violations: [{ path: "topK" }] });
      await expect(store().query({ indexName })).rejects.toMatchObject({
        violations: [{ path: "queryVector" }],
      });
    });

    it.each<[AkiDbVectorFilter, readonly string[]]>([
      [{}, ["dough", "log", "sun"]],
      [null, ["dough", "log", "sun"]],
      [{ source: "a.pdf", page: { $gt: 1 } }, ["dough"]],
      [{ page: { $gte: 2, $lte: 3, $ne: 3 } }, ["dough"]],
      [{ page: { $in: [1, 3] } }, ["log", "sun"]],
      [{ page: { $nin: [1, 3] } }, ["dough"]],
      [{ tags: "x" }, ["dough", "log"]],
      [{ tags: { $all: ["x", "y"] } }, ["log"]],
      [{ tags: { $all: ["x"], $exists: true } }, ["dough", "log"]],
      [{ nothing: null }, ["dough"]],
      [{ nothing: { $exists: false } }, ["log", "sun"]],
      [{ at: { $lt: new Date("2024-01-02") } }, ["log"]],
      [{ at: new Date("2024-01-01") }, ["log"]],
      [{ "items.price": { $gt: 10 } }, ["sun"]],
      [{ page: { $not: { $gt: 1 } } }, ["log"]],
      [{ $not: { source: "a.pdf" } }, ["sun"]],
      [{ $nor: [{ page: 1 }, { page: 2 }] }, ["sun"]],
      [{ $and: [{ source: "a.pdf" }, { $or: [{ page: 1 }, { page: 3 }] }] }, ["log"]],
      [{ source: { $prefix: "a." } }, ["dough", "log"]],
    ])("filters by %j", async (filter, expected) => {
      expect(await passing(filter)).toEqual(expected);
    });

    it("refuses every operator that has no equal, by its place", async () => {
      const search = passing({
        text: { $regex: "^l" },
        page: { $mod: [2, 0], $gt: undefined },
        $where: [],
        $or: [{ items: { $elemMatch: { price: 10 } } }],
        source: /a/,
      } as unknown as AkiDbVectorFilter);
      await expect(search).rejects.toThrow(AkiDbError);
      await expect(search).rejects.toMatchObject({
        code: "invalid_argument",
        violations: [
          { path: "filter.text.$regex", detail: expect.stringContaining("$prefix") },
          { path: "filter.page.$mod" },
          { path: "filter.page.$gt" },
          { path: "filter.$where" },
          { path: "filter.$or[0].items.$elemMatch", detail: expect.stringContaining("items.price") },
          { path: "filter.source" },
        ],
      });
      await expect(passing({ page: { $in: 1 as never } })).rejects.toMatchObject({
        violations: [{ path: "filter.page.$in" }],
      });
    });

    it("updates vectors and metadata, by id and by filter, and keeps the rest", async () => {
      const vector = store();
      const index = "mastra_updates";
      await vector.createIndex({ indexName: index, dimension: 16 });
      const made = await vector.upsert({ indexName: index, vectors: [0, 1, 2].map(along), metadata });
      const { get } = db().collection(index);
      await vector.updateVector({
        indexName: index,
        id: made[0]!,
        update: { vector: along(7), metadata: { page: null, seen: true } },
      });
      const changed = await get(made[0]!, { include: ["metadata", "vector"] });
      expect(changed.metadata).toEqual({
        text: "log",
        source: "a.pdf",
        tags: ["x", "y"],
        at: "2024-01-01T00:00:00.000Z",
        seen: true,
      });
      const [nearest] = await vector.query({ indexName: index, queryVector: along(7), topK: 1 });
      expect(nearest).toMatchObject({ id: made[0] });
      await vector.updateVector({
        indexName: index,
        filter: { source: "a.pdf" },
        update: { metadata: { status: "archived" } },
      });
      expect((await get(made[1]!)).metadata).toMatchObject({ text: "dough", status: "archived" });
      expect((await get(made[2]!)).metadata).not.toHaveProperty("status");
      for (const params of [
        { update: {} },
        { id: "x", update: {} },
        { filter: {}, update: { metadata: {} } },
      ]) {
        const update = vector.updateVector({ indexName: index, ...params } as never);
        await expect(update).rejects.toMatchObject({ code: "invalid_argument" });
      }
      for (const update of [{ vector: along(1) }, { metadata: { seen: true } }]) {
        const missing = vector.updateVector({ indexName: index, id: "none", update });
        await expect(missing).rejects.toMatchObject({ code: "not_found" });
      }
      await vector.updateVector({
        indexName: index,
        filter: { source: "b.pdf" },
        update: { vector: along(9) },
      });
      const [moved] = await vector.query({ indexName: index, queryVector: along(9), topK: 1 });
      expect(moved).toMatchObject({ id: made[2], metadata: metadata[2] });
    });

    it("loses none of several updates of one vector at a time", async () => {
      const vector = store();
      const index = "mastra_contended";
      await vector.createIndex({ indexName: index, dimension: 16 });
      await vector.upsert({ indexName: index, vectors: [along(0)], metadata: [{ kept: 1 }], ids: ["one"] });
      const names = ["a", "b", "c", "d"];
      await Promise.all(
        names.map((name, at) =>
          vector.updateVector({
            indexName: index,
            id: "one",
            update: { vector: along(at), metadata: { [name]: at } },
          }),
        ),
      );
      const found = await db().collection(index).get("one");
      expect(found).toMatchObject({ version: 5, metadata: { kept: 1, a: 0, b: 1, c: 2, d: 3 } });
    });

    it("deletes by ids and by filter, and replaces what passes a filter", async () => {
      const vector = store();
      const index = "mastra_deletions";
      await vector.createIndex({ indexName: index, dimension: 16 });
      const fill = { indexName: index, vectors: [0, 1, 2].map(along), metadata, ids };
      const left = async (): Promise<readonly unknown[]> => {
        const { documents } = await db().collection(index).scrollPage();
        return documents.map(({ externalId }) => externalId).sort();
      };
      await vector.upsert(fill);
      await vector.deleteVector({ indexName: index, id: "log" });
      await vector.deleteVector({ indexName: index, id: "log" });
      expect(await left()).toEqual(["dough", "sun"]);
      await vector.deleteVectors({ indexName: index, filter: { source: "b.pdf" } });
      await vector.deleteVectors({ indexName: index, ids: ["dough", "none"] });
      expect(await left()).toEqual([]);
      for (const params of [{}, { filter: {} }, { ids: [], filter: { page: 1 } }]) {
        const deletion = vector.deleteVectors({ indexName: index, ...params });
        await expect(deletion).rejects.toMatchObject({ code: "invalid_argument" });
      }
      await vector.upsert(fill);
      await vector.upsert({
        indexName: index,
        vectors: [along(4), along(5)],
        metadata: [{ source: "a.pdf" }, { source: "a.pdf" }],
        ids: ["log", "new"],
        deleteFilter: { source: "a.pdf" },
      });
      expect(await left()).toEqual(["log", "new", "sun"]);
      await expect(vector.upsert({ ...fill, ids: ["one"] })).rejects.toMatchObject({
        violations: [{ path: "ids" }],
      });
      expect(await left()).toEqual(["log", "new", "sun"]);
    });
  });
}

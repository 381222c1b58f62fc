import type { AkiDb } from "@akidb/base";
import { AkiDbError } from "@akidb/base";
import { AkiDbEmbeddings, AkiDbVectorStore } from "@akidb/langchain";
import { Document } from "@langchain/core/documents";
import { FakeEmbeddings, SyntheticEmbeddings } from "@langchain/core/utils/testing";
import { describe, expect, it } from "vitest";

const embeddings = new SyntheticEmbeddings({ vectorSize: 16 });

const documents = [
  new Document({
    id: "log",
    pageContent: "A write-ahead log makes acknowledged writes survive a crash",
    metadata: { topic: "databases", year: 1992, author: { name: "Mohan" } },
  }),
  new Document({
    id: "dough",
    pageContent: "Knead the dough for ten minutes, then let it rise overnight",
    metadata: { topic: "kitchen", year: 2010, tags: ["bread", "slow"] },
  }),
  new Document({
    id: "graph",
    pageContent: "Small worlds are navigable, so a greedy walk finds the nearest",
    metadata: { topic: "databases", year: 2018, added: new Date(0) },
  }),
];

/** AkiDB as LangChain's own classes use it. */
export function checkLangChain(db: () => AkiDb): void {
  describe("LangChain", () => {
    it("finds by similarity, with scores and under filters", async () => {
      const store = await AkiDbVectorStore.fromDocuments(documents, embeddings, {
        db: db(),
        collection: "lc-similarity",
      });
      const [best, ...others] = await store.similaritySearchWithScore(documents[1]!.pageContent, 3);
      expect(best![0]).toEqual(documents[1]);
      expect(best![1]).toBeCloseTo(1, 5);
      expect(others.map(([, score]) => score)).toEqual(
        others.map(([, score]) => score).sort((a, b) => b - a),
      );
      const found = async (filter: object): Promise<readonly unknown[]> => {
        const matches = await store.similaritySearch("anything at all, said at length", 10, filter as never);
        return matches.map(({ id }) => id).sort();
      };
      expect(await found({ topic: "databases" })).toEqual(["graph", "log"]);
      expect(await found({ topic: "databases", year: { $lt: 2000 } })).toEqual(["log"]);
      expect(await found({ "author.name": "Mohan" })).toEqual(["log"]);
      expect(await found({ $or: [{ tags: "bread" }, { added: { $lt: "1970-01-02" } }] })).toEqual([
        "dough",
        "graph",
      ]);
    });

    it("refuses an operator that it does not know, by its place", async () => {
      const store = new AkiDbVectorStore(embeddings, { db: db(), collection: "lc-similarity" });
      const search = store.similaritySearch("anything at all, said at length", 1, { year: { $near: 1 } });
      await expect(search).rejects.toThrow(AkiDbError);
      await expect(search).rejects.toMatchObject({
        code: "invalid_argument",
        violations: [{ path: "filter.year.$near" }],
      });
    });

    it("serves a retriever, by similarity and by marginal relevance", async () => {
      const store = await AkiDbVectorStore.fromTexts(
        ["twice the very same text", "twice the very same text", "zebras, quaggas and wild asses"],
        [{ n: 1 }, { n: 2 }, { n: 3 }],
        embeddings,
        { db: db(), collection: "lc-retriever" },
      );
      const numbers = async (searchType: "similarity" | "mmr"): Promise<readonly unknown[]> => {
        const retriever = store.asRetriever({
          k: 2,
          filter: { n: { $gte: 1 } },
          ...(searchType === "mmr" ? { searchType, searchKwargs: { lambda: 0 } } : { searchType }),
        });
        const found = await retriever.invoke("twice the very same text");
        return found.map(({ metadata }) => metadata["n"]).sort();
      };
      expect(await numbers("similarity")).toEqual([1, 2]);
      expect(await numbers("mmr")).toContain(3);
    });

    it("writes anew under the same id, and deletes by ids and by filter", async () => {
      const store = new AkiDbVectorStore(embeddings, { db: db(), collection: "lc-writes", metric: "l2" });
      expect(await store.addDocuments([])).toEqual([]);
      const ids = await store.addDocuments(documents, { ids: ["a", "b", "c"] });
      expect(ids).toEqual(["a", "b", "c"]);
      const [made] = await store.addDocuments([
        new Document({ pageContent: "one without an id of its own" }),
      ]);
      await store.addDocuments([new Document({ id: "a", pageContent: "something else, as long as that" })]);
      const { get, count } = db().collection("lc-writes");
      expect(await count()).toBe(4);
      expect(await get("a")).toMatchObject({ text: "something else, as long as that", version: 2 });
      expect(await get(made!)).toMatchObject({ id: made, metadata: {} });
      expect(await db().getCollection("lc-writes")).toMatchObject({ metric: "l2", dimension: 16 });
      await store.delete({ ids: ["a", "missing"] });
      await store.delete({ filter: { topic: "kitchen" } });
      expect(await count()).toBe(2);
      await expect(store.delete({})).rejects.toMatchObject({ code: "invalid_argument" });
      expect(await count()).toBe(2);
    });

    it("makes the collection once, whoever comes first", async () => {
      const options = { db: db(), collection: "lc-first" };
      await Promise.all(
        documents.map((document) => AkiDbVectorStore.fromDocuments([document], embeddings, options)),
      );
      expect(await db().collection("lc-first").count()).toBe(3);
    });

    it("embeds by the database's own model", async () => {
      const own = new AkiDbEmbeddings({ db: db() });
      const store = await AkiDbVectorStore.fromDocuments(documents, own, { db: db(), collection: "lc-own" });
      const [found] = await store.similaritySearch("which writes survive crashes?", 1);
      expect(found).toMatchObject({ id: "log" });
      const { embeddings: expected } = await db().embed({ texts: ["twice", "and once"] });
      const plain = expected.map((each) => Array.from(each));
      expect(await own.embedDocuments(["twice", "and once"])).toEqual(plain);
      expect(await own.embedQuery("twice")).toEqual(plain[0]);
      await expect(new AkiDbEmbeddings({ db: db(), model: "none" }).embedQuery("x")).rejects.toMatchObject({
        violations: [{ path: "model" }],
      });
    });

    it("writes many in batches, and names what is wrong by its place among all", async () => {
      const store = new AkiDbVectorStore(embeddings, { db: db(), collection: "lc-many" });
      const many = Array.from(
        { length: 1_003 },
        (_, n) => new Document({ pageContent: "", metadata: { n } }),
      );
      const vectors: number[][] = many.map((_, n) =>
        Array.from({ length: 16 }, (_, at) => (at === n % 16 ? 1 : 0.1)),
      );
      const ids = await store.addVectors(vectors, many);
      expect(new Set(ids).size).toBe(1_003);
      const { count, get } = db().collection("lc-many");
      expect(await get(ids[1_002]!)).toMatchObject({ metadata: { n: 1_002 } });
      vectors[1_001] = [1, 2, 3];
      await expect(store.addVectors(vectors, many)).rejects.toMatchObject({
        code: "invalid_argument",
        violations: [{ path: "documents[1001].vector" }],
      });
      expect(await count()).toBe(1_003 + 1_000);
    });

    it("refuses what cannot be stored, by its place", async () => {
      const store = new AkiDbVectorStore(new FakeEmbeddings(), { db: db(), collection: "lc-none" });
      await expect(store.addDocuments(documents)).rejects.toMatchObject({
        code: "invalid_argument",
        violations: [{ path: "dimension" }],
      });
      const page = new Document({ pageContent: "x", metadata: { big: 1n } });
      await expect(store.addVectors([[1]], [page])).rejects.toMatchObject({
        violations: [{ path: "documents[0].metadata" }],
      });
      await expect(store.addVectors([[1], [2]], [page])).rejects.toMatchObject({
        violations: [{ path: "vectors" }],
      });
      await expect(store.similaritySearch("x")).rejects.toMatchObject({ code: "not_found" });
    });
  });
}

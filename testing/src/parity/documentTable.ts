import type { Requests } from "./requests.ts";

const dimension = 16;
const vectorOf = (seed: number) =>
  Float32Array.from({ length: dimension }, (_, index) => Math.sin(seed * 31 + index * index));
const idOf = (number: number) => `01a00000-0000-7000-8000-${String(number).padStart(12, "0")}`;
const document = (number: number) => ({
  id: idOf(number),
  externalId: `book-${number}`,
  vector: vectorOf(number),
  text: `a text on ${["apples", "pears", "plums"][number % 3]} and number ${number}`,
  metadata: {
    number,
    tag: ["a", "b"][number % 2]!,
    nested: { list: [1, null, true, "x"] },
    large: 2 ** 53 - 1,
  },
});

/**
 * In this order: later ones find what earlier ones wrote. No two answers to a search of texts have the same score, for those
 * come in the order of their rows.
 */
export const documentTable: Readonly<Record<string, (requests: Requests) => Promise<unknown>>> = {
  "create a collection": ({ create }) => create({ name: "books", dimension }),
  "create it again": ({ create }) => create({ name: "books", dimension }),
  "create with a metric that is none": ({ create }) =>
    create({ name: "x", dimension, metric: "manhattan" as "l2" }),
  "create with a quantization that is none": ({ create }) =>
    create({ name: "x", dimension, quantization: "int3" as "int8" }),
  "create with too few components": ({ create }) => create({ name: "x", dimension: 3 }),
  "create with a bad name": ({ create }) => create({ name: "no spaces", dimension }),
  ...Object.fromEntries(
    Array.from({ length: 12 }, (_, number) => [
      `insert document ${number}`,
      ({ insert }: Requests) => insert("books", document(number)),
    ]),
  ),
  "insert again": ({ insert }) => insert("books", document(3)),
  "insert a text alone": ({ insert }) => insert("books", { id: idOf(20), text: "cherries" }),
  "insert what expires": ({ insert }) =>
    insert("books", { id: idOf(21), vector: vectorOf(21), ttlSeconds: 86_400 }),
  "insert a vector too short": ({ insert }) => insert("books", { vector: [1, 2] }),
  "insert a vector that is not finite": ({ insert }) =>
    insert("books", { vector: vectorOf(1).fill(Number.POSITIVE_INFINITY, 3, 4) }),
  "insert nothing": ({ insert }) => insert("books", {}),
  "insert with an id that is none": ({ insert }) => insert("books", { id: "x", vector: vectorOf(1) }),
  "insert a version that is not there": ({ insert }) => insert("books", { ...document(3), ifVersion: 7 }),
  "insert what expires never and ever": ({ insert }) =>
    insert("books", { vector: vectorOf(1), ttlSeconds: 5, expiresAt: "2099-01-01T00:00:00Z" }),
  "insert where there is no collection": ({ insert }) => insert("none", document(1)),
  "get by id": ({ get }) => get("books", idOf(3), ["metadata", "text", "vector"]),
  "get by external id": ({ get }) => get("books", "book-4", ["metadata"]),
  "get nothing of it": ({ get }) => get("books", "book-4", []),
  "get what is not there": ({ get }) => get("books", "book-99", ["metadata"]),
  "upsert many": ({ upsert }) =>
    upsert("books", [
      { id: idOf(30), vector: vectorOf(30), metadata: { tag: "many" } },
      { id: idOf(31), vector: [1] },
      { id: idOf(32), text: "more plums", metadata: { tag: "many" } },
    ]),
  "upsert a text in chunks": ({ upsert }) =>
    upsert("books", [
      { id: idOf(34), text: "One plum. Two plums. Three plums.", chunking: { size: 16, by: "word" } },
    ]),
  "get its first chunk": ({ get }) => get("books", idOf(34), ["metadata", "text"]),
  "upsert what cannot be cut": ({ upsert }) =>
    upsert("books", [
      { text: "words", chunking: { size: 20, overlap: 11 } },
      { text: "words", vector: vectorOf(1), chunking: { size: 20 } },
      {
        id: idOf(34),
        text: "words",
        metadata: { chunk: 1 },
        chunking: { size: 20, overlap: 10, by: "sentence" },
      },
    ]),
  "delete the chunks": ({ removeMany }) => removeMany("books", { filter: { "chunk.parent": idOf(34) } }),
  "upsert all or none": ({ upsert }) =>
    upsert("books", [{ id: idOf(33), vector: vectorOf(33) }, { vector: [1] }], { atomic: true }),
  "upsert none": ({ upsert }) => upsert("books", []),
  "patch metadata": ({ patch }) =>
    patch("books", { id: "book-5", metadata: { tag: null, added: { deep: [1] }, number: 55 } }),
  "patch a version that is not there": ({ patch }) =>
    patch("books", { id: "book-5", metadata: { a: 1 }, ifVersion: 9 }),
  "patch what is not there": ({ patch }) => patch("books", { id: "book-99", metadata: { a: 1 } }),
  "patch the expiry": ({ patch }) => patch("books", { id: "book-6", expiresAt: "2099-01-01T00:00:00.000Z" }),
  "patch a time that is none": ({ patch }) => patch("books", { id: "book-6", expiresAt: "soon" }),
  "patch with nothing": ({ patch }) => patch("books", { id: "book-6" }),
  "patch many": ({ patchMany }) =>
    patchMany("books", [
      { id: "book-7", metadata: null },
      { id: "book-99", metadata: {} },
      { id: idOf(21), ttlSeconds: null, ifVersion: 1 },
    ]),
  "patch all or none": ({ patchMany }) =>
    patchMany(
      "books",
      [
        { id: "book-8", metadata: { a: 1 } },
        { id: "book-99", metadata: {} },
      ],
      {
        atomic: true,
      },
    ),
  "get what was patched": ({ getMany }) =>
    getMany("books", { ids: ["book-5", "book-98", "book-6", idOf(21), "book-7", "book-8"] }),
  "get by a filter": ({ getMany }) =>
    getMany("books", { filter: { tag: "many" }, limit: 1, include: ["metadata", "vector"] }),
  "get without saying which": ({ getMany }) => getMany("books", {}),
  "get more than there may be": ({ getMany }) => getMany("books", { filter: { tag: "b" }, limit: 5_000 }),
  scroll: ({ scroll }) => scroll("books", { limit: 4 }),
  "scroll through a filter": ({ scroll }) =>
    scroll("books", { filter: { tag: { $in: ["a", "many"] } }, include: ["vector"], limit: 3 }),
  "scroll by no documents": ({ scroll }) => scroll("books", { limit: 0 }),
  "count all": ({ count }) => count("books", {}),
  "count some": ({ count }) => count("books", { filter: { number: { $gt: 4 } } }),
  "count by what is no filter": ({ count }) => count("books", { filter: { number: { $over: 4 } } }),
  "count the values of a field": ({ facets }) => facets("books", { field: "nested.list", limit: 3 }),
  "count some values of a field": ({ facets }) =>
    facets("books", { field: "tag", filter: { number: { $lt: 6 } } }),
  "count the values of nothing": ({ facets }) => facets("books", { field: "" }),
  "query by vector": ({ query }) => query("books", { vector: vectorOf(5) }),
  "query with everything": ({ query }) =>
    query("books", {
      vector: vectorOf(5),
      topK: 3,
      offset: 1,
      minScore: -1,
      ef: 50,
      exact: true,
      params: { rescore: true },
      filter: { number: { $gte: 2 }, $or: [{ tag: "a" }, { "nested.list": { $contains: "x" } }] },
      include: ["metadata", "text", "vector"],
    }),
  "query by a document": ({ query }) => query("books", { id: "book-2", topK: 2 }),
  "query by examples": ({ query }) =>
    query("books", { vectors: { positive: [vectorOf(1), "book-2"], negative: ["book-3"] }, topK: 2 }),
  "query in groups": ({ query }) =>
    query("books", { vector: vectorOf(5), groupBy: { field: "tag", size: 2 }, topK: 2 }),
  "query the texts": ({ query }) =>
    query("books", {
      fullText: "apples +number",
      highlight: { fragments: 1 },
      filter: { number: { $in: [4, 9] } },
    }),
  "query both": ({ query }) =>
    query("books", {
      vector: vectorOf(5),
      hybrid: { text: "pears", fusion: "weighted", weight: 0.3 },
      filter: { number: { $in: [2, 4, 8] } },
      topK: 4,
    }),
  "query with a text to embed": ({ query }) => query("books", { text: "plums", topK: 2 }),
  "query with two questions": ({ query }) => query("books", { text: "a", id: "b" }),
  "query with none": ({ query }) => query("books", {}),
  "query for too many": ({ query }) => query("books", { vector: vectorOf(1), topK: 10_001 }),
  "query for none": ({ query }) => query("books", { vector: vectorOf(1), topK: 0 }),
  "query by a short vector": ({ query }) => query("books", { vector: [1] }),
  "query with an unknown operator": ({ query }) =>
    query("books", { vector: vectorOf(1), filter: { year: { $near: 3 } } }),
  "query with a fusion that is none": ({ query }) =>
    query("books", { text: "plums", hybrid: { fusion: "best" as "rrf" } }),
  "query like what is not there": ({ query }) => query("books", { id: "book-99" }),
  "query where there is no collection": ({ query }) => query("none", { vector: vectorOf(1) }),
  describe: ({ describe }) => describe("books"),
  "describe what is not there": ({ describe }) => describe("none"),
  update: ({ update }) =>
    update("books", { name: "library", maxDocumentCount: 1_000, walRetentionSeconds: 60 }),
  "update to a name that is none": ({ update }) => update("library", { name: "no spaces" }),
  "update to a policy that is none": ({ update }) =>
    update("library", { syncPolicy: "sometimes" as "manual" }),
  "update back": ({ update }) => update("library", { name: "books", syncPolicy: "manual" }),
  "delete a version that is not there": ({ remove }) => remove("books", "book-1", 9),
  delete: ({ remove }) => remove("books", "book-1"),
  "delete again": ({ remove }) => remove("books", "book-1"),
  "delete by ids": ({ removeMany }) => removeMany("books", { ids: ["book-2", "book-98"] }),
  "delete by filter": ({ removeMany }) => removeMany("books", { filter: { number: { $lt: 6 } } }),
  "delete by a filter without a condition": ({ removeMany }) => removeMany("books", { filter: {} }),
  "delete all": ({ removeMany }) => removeMany("books", { all: true }),
  "describe what is empty": ({ describe }) => describe("books"),
  embed: ({ embed }) => embed({ texts: ["one", "two words"] }),
  "embed nothing": ({ embed }) => embed({ texts: ["one", " "] }),
  "embed with a model that is none": ({ embed }) => embed({ texts: ["one"], model: "none" }),
  "delete a collection": ({ drop }) => drop("books"),
  "delete it again": ({ drop }) => drop("books"),
};

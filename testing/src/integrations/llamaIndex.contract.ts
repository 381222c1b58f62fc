import { type AkiDb, AkiDbError } from "@akidb/base";
import { AkiDbEmbedding, AkiDbVectorStore } from "@akidb/llamaindex";
import { Document, MetadataMode, NodeRelationship, TextNode } from "@llamaindex/core/schema";
import {
  type MetadataFilter,
  type MetadataFilters,
  type VectorStoreQuery,
  VectorStoreQueryMode,
} from "@llamaindex/core/vector-store";
import { beforeAll, describe, expect, it } from "vitest";

const source = new Document({ id_: "handbook", text: "all of it" });
const texts = [
  [
    "A write-ahead log makes acknowledged writes survive a crash",
    { topic: "databases", year: 1992, links: ["a"] },
  ],
  [
    "Knead the dough for ten minutes",
    { topic: "kitchen", year: 2010, tags: ["bread", "slow"], links: ["b"] },
  ],
  ["Tomatoes want full sun", { topic: "garden", tags: ["slow"], author: "", links: [] }],
] as const;

/** AkiDB as LlamaIndex's own classes use it. */
export function checkLlamaIndex(db: () => AkiDb): void {
  describe("LlamaIndex", () => {
    const collection = "llamaindex";
    const nodes = texts.map(([text, metadata], at) => {
      const isOfHandbook = at < 2;
      return new TextNode({
        text,
        metadata,
        ...(isOfHandbook && { relationships: { [NodeRelationship.SOURCE]: source.asRelatedNodeInfo() } }),
      });
    });
    let embedModel: AkiDbEmbedding;
    const store = (): AkiDbVectorStore => new AkiDbVectorStore({ db: db(), collection, embedModel });
    const ask = async (question: string, more: Partial<VectorStoreQuery> = {}) =>
      store().query({
        queryEmbedding: await embedModel.getTextEmbedding(question),
        queryStr: question,
        similarityTopK: 3,
        mode: VectorStoreQueryMode.DEFAULT,
        ...more,
      });
    const topics = async (filters: MetadataFilters): Promise<readonly unknown[]> =>
      (await ask("anything", { filters })).nodes!.map(({ metadata }) => metadata["topic"]).sort();

    beforeAll(async () => {
      embedModel = new AkiDbEmbedding({ db: db() });
      // The transformation that an ingestion pipeline of LlamaIndex embeds its nodes by.
      const ids = await store().add(await embedModel(nodes));
      expect(ids).toEqual(nodes.map(({ id_ }) => id_));
    });

    it("gives back the nodes that were added, the most similar first", async () => {
      const { nodes: found, similarities, ids } = await ask("which writes survive crashes?");
      expect(ids[0]).toBe(nodes[0]!.id_);
      expect(similarities).toEqual([...similarities].sort((a, b) => b - a));
      const [node] = found!;
      expect(node).toBeInstanceOf(TextNode);
      expect(node!.getContent(MetadataMode.NONE)).toBe(texts[0][0]);
      expect(node!.metadata).toEqual(texts[0][1]);
      expect(node!.sourceNode?.nodeId).toBe("handbook");
      expect(await ask("anything", { docIds: ["handbook"] })).toMatchObject({ ids: { length: 2 } });
    });

    it("gives documents of other programs as text nodes", async () => {
      const other = "llamaindex-others";
      await db().createCollection({ name: other, dimension: 384 });
      const { items } = await db()
        .collection(other)
        .upsert([
          { externalId: "planet", text: "a storm", metadata: { rings: true } },
          { text: "no metadata" },
        ]);
      const bare = items.map((item) => item.ok && item.id)[1];
      const { nodes: found } = await new AkiDbVectorStore({ db: db(), collection: other, embedModel }).query({
        queryEmbedding: await embedModel.getTextEmbedding("a storm"),
        similarityTopK: 2,
        mode: VectorStoreQueryMode.DEFAULT,
      });
      expect(found).toMatchObject([
        { id_: "planet", text: "a storm", metadata: { rings: true } },
        { id_: bare, text: "no metadata", metadata: {} },
      ]);
    });

    it("takes a question as words, whatever signs it has, in the modes that read texts", async () => {
      const question = 'Does "dough AND (minutes';
      for (const mode of [VectorStoreQueryMode.SPARSE, VectorStoreQueryMode.HYBRID]) {
        expect((await ask(question, { mode })).ids[0]).toBe(nodes[1]!.id_);
      }
      const weighted = await ask(question, { mode: VectorStoreQueryMode.HYBRID, alpha: 0 });
      expect(weighted.ids[0]).toBe(nodes[1]!.id_);
    });

    it.each<[MetadataFilter["operator"], MetadataFilter["key"], unknown, readonly string[]]>([
      ["==", "topic", "garden", ["garden"]],
      ["!=", "topic", "garden", ["databases", "kitchen"]],
      [">", "year", 1992, ["kitchen"]],
      [">=", "year", 1992, ["databases", "kitchen"]],
      ["<", "year", 2010, ["databases"]],
      ["<=", "year", 2010, ["databases", "kitchen"]],
      ["in", "topic", ["garden", "kitchen"], ["garden", "kitchen"]],
      ["nin", "topic", ["garden", "kitchen"], ["databases"]],
      ["any", "tags", ["bread", "fast"], ["kitchen"]],
      ["all", "tags", ["bread", "slow"], ["kitchen"]],
      ["contains", "tags", "slow", ["garden", "kitchen"]],
      ["text_match", "topic", "Kitchen", ["kitchen"]],
      ["is_empty", "year", undefined, ["garden"]],
      ["is_empty", "links", undefined, []],
      ["is_empty", "author", undefined, ["databases", "garden", "kitchen"]],
    ])("filters by %s of %s", async (operator, key, value, expected) => {
      const filter = { key, value, operator } as MetadataFilter;
      expect(await topics({ filters: [filter] })).toEqual(expected);
    });

    it("joins filters by and and or", async () => {
      const filters: MetadataFilter[] = [
        { key: "tags", value: "slow", operator: "contains" },
        { key: "year", value: 2010, operator: "==" },
      ];
      expect(await topics({ filters })).toEqual(["kitchen"]);
      expect(await topics({ filters, condition: "or" })).toEqual(["garden", "kitchen"]);
      expect(await topics({ filters: [] })).toHaveLength(3);
    });

    it("refuses every filter that it cannot answer, with the field", async () => {
      const filters = [
        { key: "year", value: "x", operator: "~" },
        { key: "$or", value: 1, operator: "==" },
        { key: "tags", value: "slow", operator: "in" },
      ] as unknown as MetadataFilter[];
      const search = topics({ filters, condition: "xor" as "or" });
      await expect(search).rejects.toThrow(AkiDbError);
      await expect(search).rejects.toMatchObject({
        code: "invalid_argument",
        violations: [
          { path: "filters.condition", detail: expect.stringContaining('"xor"') },
          { path: "filters.filters[0].operator", detail: expect.stringContaining('"~" of the field "year"') },
          { path: "filters.filters[1].key", detail: expect.stringContaining('"$or"') },
          { path: "filters.filters[2].value", detail: expect.stringContaining('field "tags" with "in"') },
        ],
      });
      await expect(ask("x", { mode: VectorStoreQueryMode.SVM })).rejects.toMatchObject({
        violations: [{ path: "mode" }],
      });
      await expect(store().add([new TextNode({ text: "not embedded" })])).rejects.toMatchObject({
        violations: [{ path: "nodes[0].embedding" }],
      });
    });

    it("deletes the nodes of a document, and no others", async () => {
      const other = new AkiDbVectorStore({ db: db(), collection: "llamaindex-deletions", embedModel });
      await other.add(nodes);
      await other.delete("handbook");
      const { documents } = await db().collection("llamaindex-deletions").scrollPage();
      expect(documents.map(({ externalId }) => externalId)).toEqual([nodes[2]!.id_]);
      expect(other.client()).toBe(db());
    });
  });
}

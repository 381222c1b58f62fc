import { AkiDbError, type Collection, type QueryInput } from "@akidb/base";
import { beforeEach, describe, expect, it } from "vitest";

/** Of `newCollection`'s collections. */
const dimension = 16;

/** What a collection promises of its texts, whatever is behind it; a model is configured that ranks by a letter. */
export function checkTextQueries(newCollection: () => Promise<Collection>): void {
  describe("texts", () => {
    let collection: Collection;
    beforeEach(async () => {
      collection = await newCollection();
    });

    const near = (...components: number[]): Float32Array =>
      Float32Array.from({ length: dimension }, (_, i) => components[i] ?? 0);

    const books = [
      ["pie", "Apple pie & <b>apple</b> tart", { kind: "cake", year: 1 }, near(1)],
      ["cider", "Cider of the apple and the pear", { kind: "drink", year: 2 }, near(1, 1)],
      ["bread", "Bread, butter and flour", { kind: "bread", year: 3 }, near(0, 1)],
      ["silent", undefined, { kind: "cake", year: 4 }, near(0, 0, 1)],
    ] as const;

    const insert = () =>
      collection.upsert(
        books.map(([externalId, text, metadata, vector]) => ({
          externalId,
          vector,
          metadata,
          ...(text !== undefined && { text }),
        })),
      );

    const ask = async (input: QueryInput): Promise<(string | undefined)[]> =>
      (await collection.query(input)).matches.map(({ externalId }) => externalId);

    async function refused(input: QueryInput): Promise<string> {
      const error = await collection.query(input).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(AkiDbError);
      expect((error as AkiDbError).code).toBe("invalid_argument");
      return (error as AkiDbError).violations.map(({ path, detail }) => `${path}: ${detail}`).join("; ");
    }

    it("are found by their words as soon as they are acknowledged, ranked by BM25", async () => {
      await insert();
      const { matches } = await collection.query({ fullText: "apple pie" });
      expect(matches.map(({ externalId }) => externalId)).toEqual(["pie", "cider"]);
      expect(matches[0]!.score).toBeGreaterThan(matches[1]!.score);
      expect(matches[1]!.score).toBeGreaterThan(0);
      expect(matches[0]!.distance).toBe(-matches[0]!.score);
      await collection.upsert([{ externalId: "pie", text: "plum cake", vector: near(1) }]);
      expect(await ask({ fullText: "apple" })).toEqual(["cider"]);
      await collection.delete("cider");
      expect(await ask({ fullText: "apple pear" })).toEqual([]);
      expect(await ask({ fullText: "PLÚM" })).toEqual(["pie"]);
    });

    it("are asked for with operators, from an offset, above a score, under a filter and in groups", async () => {
      await insert();
      expect(await ask({ fullText: '"butter and flour"' })).toEqual(["bread"]);
      expect(await ask({ fullText: "+apple -pear" })).toEqual(["pie"]);
      expect(await ask({ fullText: "(apple OR bread) AND NOT tart" })).toEqual(["bread", "cider"]);
      expect(await ask({ fullText: "flo*" })).toEqual(["bread"]);
      expect(await ask({ fullText: "apple pie", offset: 1 })).toEqual(["cider"]);
      const [best] = (await collection.query({ fullText: "apple pie" })).matches;
      expect(await ask({ fullText: "apple pie", minScore: best!.score })).toEqual(["pie"]);
      expect(await ask({ fullText: "apple bread", filter: { year: { $gte: 2 } } })).toEqual([
        "bread",
        "cider",
      ]);
      const { groups } = await collection.query({ fullText: "apple bread", groupBy: { field: "kind" } });
      expect(groups!.map(({ value }) => value)).toEqual(["bread", "cake", "drink"]);
      const { explain } = await collection.query({ fullText: "apple", filter: { year: 1 }, explain: true });
      expect(explain).toMatchObject({ plan: "text", fullText: { matches: 2, candidates: 1 } });
    });

    it("lose no match under a filter that few pass", async () => {
      await collection.upsert(
        Array.from({ length: 3_000 }, (_, n) => ({
          externalId: `d${n}`,
          text: n === 2_999 ? "word and much more that makes it score low" : "word",
          vector: near(1, n),
          metadata: { last: n === 2_999 },
        })),
      );
      expect(await ask({ fullText: "word", topK: 1, filter: { last: true } })).toEqual(["d2999"]);
      expect(await ask({ fullText: "word", topK: 5, filter: { last: { $exists: false } } })).toEqual([]);
      expect(await ask({ fullText: "word", topK: 3_000 })).toHaveLength(3_000);
      // Of equal ones, the one written earlier.
      expect(await ask({ fullText: "word", topK: 2 })).toEqual(["d0", "d1"]);
    });

    it("that have expired are found no more, by whatever way", async () => {
      const [text, expiresAt] = ["gone with the apple", new Date(Date.now() + 50).toISOString()];
      await insert();
      await collection.upsert([{ externalId: "gone", text, vector: near(1), expiresAt }]);
      await new Promise((resolve) => setTimeout(resolve, 80));
      expect((await ask({ fullText: "apple" })).sort()).toEqual(["cider", "pie"]);
      expect(await ask({ fullText: "gone", filter: { kind: { $exists: false } } })).toEqual([]);
      expect(await ask({ vector: near(1), hybrid: { text: "gone" } })).not.toContain("gone");
    });

    it("say what was sought, as HTML that can do no harm", async () => {
      await insert();
      const query = { fullText: "apple butter", highlight: true, include: [] } as const;
      const { matches } = await collection.query(query);
      const highlights = Object.fromEntries(matches.map((match) => [match.externalId, match.highlights]));
      expect(highlights).toEqual({
        pie: ["<mark>Apple</mark> pie &amp; &lt;b&gt;<mark>apple</mark>&lt;/b&gt; tart"],
        cider: ["Cider of the <mark>apple</mark> and the pear"],
        bread: ["Bread, <mark>butter</mark> and flour"],
      });
      await collection.upsert([
        {
          externalId: "long",
          text: `${"filler ".repeat(99)}apple ${"more ".repeat(99)}apple`,
          vector: near(1),
        },
      ]);
      const long = await collection.query({
        fullText: "apple",
        filter: { year: { $exists: false } },
        highlight: { fragments: 1, fragmentCharacters: 40 },
      });
      expect(long.matches[0]!.highlights).toEqual(["…filler filler <mark>apple</mark> more more more more…"]);
    });

    it("are fused with what is near, by ranks or by scores", async () => {
      await insert();
      const hybrid = { vector: near(0, 1), hybrid: { text: "apple" } };
      const { matches, explain } = await collection.query({ ...hybrid, explain: true });
      // First and third, then second in both lists, then first in one.
      expect(matches.slice(0, 3).map(({ externalId }) => externalId)).toEqual(["pie", "cider", "bread"]);
      expect(matches[1]!.parts).toMatchObject({ vector: { rank: 2 }, text: { rank: 2 } });
      expect(matches[1]!.score).toBeCloseTo(2 / 62, 12);
      expect(matches[2]!.parts).toEqual({ vector: { rank: 1, score: expect.closeTo(1) } });
      expect(matches[0]!.distance).toBe(-matches[0]!.score);
      expect(matches).toHaveLength(4);
      expect(explain!.fullText).toEqual({ matches: 2, candidates: 2 });
      const byScore = async (weight: number) =>
        (await ask({ ...hybrid, hybrid: { text: "apple", fusion: "weighted", weight } }))[0];
      expect(await byScore(1)).toBe("bread");
      expect(await byScore(0)).toBe("pie");
      expect(await ask({ ...hybrid, filter: { kind: "cake" } })).toEqual(["pie", "silent"]);
      expect(await ask({ id: "bread", hybrid: { text: "pear" }, topK: 1 })).toEqual(["cider"]);
      // Without a word, what is near is all there is.
      expect((await ask({ ...hybrid, hybrid: { text: "nowhere" } }))[0]).toBe("bread");
    });

    it("are ranked anew by the model that is configured", async () => {
      await insert();
      const { matches } = await collection.query({
        vector: near(1),
        rerank: { text: "r" },
        explain: true,
        include: ["text"],
      });
      expect(matches.map(({ externalId, score }) => [externalId, score])).toEqual([
        ["bread", 3],
        ["cider", 2],
        ["pie", 1],
      ]);
      expect(matches[1]!.parts).toMatchObject({ found: { rank: 2 } });
      expect(await ask({ fullText: "r apple", rerank: { provider: "letters", text: "t" } })).toEqual([
        "pie",
        "cider",
      ]);
      expect(await ask({ vector: near(1), rerank: { text: "r", topN: 2 }, topK: 1 })).toEqual(["cider"]);
      expect(await ask({ vector: near(1), rerank: { text: "r" }, minScore: 2 })).toEqual(["bread", "cider"]);
      await expect(ask({ vector: near(1), rerank: { text: "fail" } })).rejects.toMatchObject({
        code: "unavailable",
      });
    });

    it("are not asked for in a way that means nothing", async () => {
      await insert();
      const vector = near(1);
      expect(await refused({ fullText: "apple (pie" })).toMatch(
        /^full_text: cannot be understood at character 7/,
      );
      expect(await refused({ fullText: "" })).toMatch(/full_text: .*no words/);
      expect(await refused({ fullText: "a", vector })).toMatch(/exactly one of/);
      expect(await refused({ fullText: "a", hybrid: { text: "b" } })).toMatch(/^hybrid: needs a vector/);
      expect(await refused({ vector, hybrid: {} })).toMatch(/^hybrid.text: must say/);
      expect(await refused({ vector, hybrid: { text: "a OR" } })).toMatch(
        /^hybrid.text: cannot be understood/,
      );
      expect(await refused({ vector, hybrid: { text: "a", weight: 0.3 } })).toMatch(
        /^hybrid.weight: means nothing/,
      );
      expect(await refused({ vector, hybrid: { text: "a", fusion: "weighted", weight: 2 } })).toMatch(
        /0 to 1/,
      );
      expect(await refused({ vector, hybrid: { text: "a", k: 0 } })).toMatch(
        /^hybrid.k: must be a whole number/,
      );
      expect(await refused({ vector, highlight: true })).toMatch(/^highlight: needs full_text or hybrid/);
      expect(await refused({ fullText: "a", highlight: { fragments: 0 } })).toMatch(/^highlight.fragments/);
      expect(await refused({ vector, rerank: {} })).toMatch(/^rerank.text: must say/);
      expect(await refused({ vector, rerank: { text: "a", provider: "other" } })).toMatch(
        /must be "letters"/,
      );
      expect(await refused({ vector, rerank: { text: "a", topN: 0 } })).toMatch(/^rerank.top_n/);
    });
  });
}

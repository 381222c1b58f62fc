import { AkiDbError, type Chunking, type Collection, type DocumentInput } from "@akidb/base";
import { beforeEach, describe, expect, it } from "vitest";

/** What a collection promises of texts that are written in parts, whatever is behind it. */
export function checkChunkedTexts(newCollection: () => Promise<Collection>): void {
  describe("texts in chunks", () => {
    let collection: Collection;
    beforeEach(async () => {
      collection = await newCollection();
    });

    const text = "Foxes are red. Dogs are lazy. Cats sleep all day. Birds sing at dawn.";
    const chunking = { size: 32, overlap: 16, by: "sentence" } as const;

    const write = async (...documents: readonly DocumentInput[]) =>
      (await collection.upsert(documents)).items;

    /** In the order of the chunks. */
    async function stored(parent: string) {
      const { documents } = await collection.getMany({
        filter: { "chunk.parent": parent },
        limit: 1_000,
        include: ["metadata", "text"],
      });
      const indexOf = (metadata: unknown) => (metadata as { chunk: { index: number } }).chunk.index;
      return documents.toSorted((one, other) => indexOf(one.metadata) - indexOf(other.metadata));
    }

    it("are documents of their own, which say whose they are and where they begin", async () => {
      const [item] = await write({ externalId: "animals", text, chunking, metadata: { year: 1990 } });
      expect(item).toMatchObject({ ok: true, version: 1, chunkCount: 3 });
      const chunks = await stored("animals");
      expect(chunks.map(({ externalId, text: part }) => [externalId, part])).toEqual([
        ["animals#0", "Foxes are red. Dogs are lazy. "],
        ["animals#1", "are lazy. Cats sleep all day. "],
        ["animals#2", "all day. Birds sing at dawn."],
      ]);
      const starts = chunks.map(({ text: part }) => text.indexOf(part!));
      expect(chunks.map(({ metadata }) => metadata)).toEqual(
        starts.map((start, index) => ({ year: 1990, chunk: { parent: "animals", index, count: 3, start } })),
      );
      expect(item).toMatchObject({ id: chunks[0]!.id });
    });

    it("are found by their part, and once each where groups are asked for", async () => {
      await write(
        { externalId: "animals", text, chunking },
        { externalId: "cakes", text: "Apple pie. Plum cake. Cats sleep on it.", chunking: { size: 16 } },
      );
      const { matches } = await collection.query({ text: "Birds sing at dawn", topK: 1 });
      expect(matches[0]?.externalId).toBe("animals#2");
      const { groups } = await collection.query({
        text: "cats sleep",
        topK: 10,
        groupBy: { field: "chunk.parent", size: 1 },
      });
      expect(groups?.map(({ value, matches: within }) => [value, within.length]).sort()).toEqual([
        ["animals", 1],
        ["cakes", 1],
      ]);
    });

    it("go when their document is written again, and when it is deleted by its name", async () => {
      await write({ externalId: "animals", text: "As it was before.", metadata: { old: true } });
      await write({ externalId: "animals", text, chunking: { size: 16, by: "word" } });
      expect((await stored("animals")).length).toBeGreaterThan(3);
      const [again] = await write({ externalId: "animals", text: "One fox.", chunking });
      expect(again).toMatchObject({ ok: true, version: 2, chunkCount: 1 });
      expect((await stored("animals")).map(({ text: part }) => part)).toEqual(["One fox."]);
      expect(await collection.count()).toBe(1);
      expect(await collection.deleteMany({ filter: { "chunk.parent": "animals" } })).toEqual({
        deletedCount: 1,
      });
    });

    it("are demanded by the version of the first, and expire together", async () => {
      await write({ externalId: "animals", text, chunking, ifVersion: 0 });
      const [late] = await write({ externalId: "animals", text, chunking, ifVersion: 0 });
      expect(late).toMatchObject({ ok: false, code: "failed_precondition" });
      await write({ externalId: "animals", text, chunking, ifVersion: 1, expiresAt: "2001-01-01T00:00:00Z" });
      expect(await collection.count()).toBe(0);
    });

    it("that cannot be cut are refused by what is wrong, and the others of the batch are written", async () => {
      const bad: readonly (readonly [DocumentInput, string])[] = [
        [{ text, chunking: { size: 15 } }, "chunking.size"],
        [{ text, chunking: { size: 20.5 } }, "chunking.size"],
        [{ text, chunking: { size: 20, overlap: 11 } }, "chunking.overlap"],
        [{ text, chunking: { size: 20, overlap: -1 } }, "chunking.overlap"],
        [{ text, chunking: { size: 20, by: "page" } as unknown as Chunking }, "chunking.by"],
        [{ text, chunking: { size: 20 }, vector: new Float32Array(16).fill(1) }, "vector"],
        [{ chunking: { size: 20 } }, "text"],
        [{ text: "---- ----", chunking: { size: 20 } }, "text"],
        [{ text, chunking: { size: 20 }, metadata: { chunk: 1 } }, "metadata.chunk"],
        [{ text: "word ".repeat(20_001), chunking: { size: 16, overlap: 8, by: "word" } }, "chunking.size"],
      ];
      for (const [document, path] of bad) {
        const refused = await write(document, { externalId: "fine", text: "Fine." }).catch(
          (error: unknown) => error,
        );
        const violations = Array.isArray(refused)
          ? refused[0].violations
          : (refused as AkiDbError).violations;
        expect(violations[0].path, JSON.stringify(document).slice(0, 200)).toMatch(
          new RegExp(`^(documents\\[0\\]\\.)?${path.replace(".", "\\.")}$`),
        );
      }
      expect(await collection.count()).toBe(1);
    });

    it("that are longer than a document may be are taken in parts, beside others that stay whole", async () => {
      const long = "Twenty characters. \n".repeat(60_000);
      expect(long.length).toBeGreaterThan(1024 * 1024);
      const [one, other] = await write(
        { externalId: "long", text: long, chunking: { size: 10_000 } },
        { externalId: "short", text: "Short." },
      );
      expect(one).toMatchObject({ ok: true, chunkCount: 120 });
      expect(other).toEqual({ ok: true, id: expect.any(String), version: 1 });
      expect((await stored("long")).map(({ text: part }) => part).join("")).toBe(long);
      const atomic = collection.upsert(
        [
          { text, chunking },
          { text, chunking: { size: 32, overlap: 17 } },
        ],
        { atomic: true },
      );
      await expect(atomic).rejects.toBeInstanceOf(AkiDbError);
      expect(await collection.count()).toBe(121);
    });
  });
}

import { AkiDbError, type Collection, type Document, type JsonObject, SeededRandom } from "@akidb/base";
import { beforeEach, describe, expect, it } from "vitest";

/** Of `newCollection`'s collections. */
const dimension = 16;
const unknownId = "00000000-0000-7000-8000-000000000000";

/** What a collection promises of many documents at once, whatever is behind it. */
export function checkManyDocuments(newCollection: () => Promise<Collection>): void {
  describe("many documents", () => {
    let collection: Collection;
    beforeEach(async () => {
      collection = await newCollection();
    });

    /** @returns their ids, in order */
    async function insert(count: number, metadata: (n: number) => JsonObject = (n) => ({ n })) {
      const { items } = await collection.upsert(
        Array.from({ length: count }, (_, n) => ({
          externalId: `d${n}`,
          text: `text ${n}`,
          vector: new Float32Array(dimension).fill(n + 1),
          metadata: metadata(n),
        })),
      );
      return items.map((item) => (item.ok ? item.id : "refused"));
    }

    it("are ingested as they come, batch by batch, and tell how far it is", async () => {
      let asked = 0;
      async function* source() {
        for (; asked < 25; asked++) {
          const vector = new Float32Array(asked === 12 ? 3 : dimension).fill(asked + 1);
          yield { externalId: `d${asked}`, vector, metadata: { n: asked } };
        }
      }
      const seen: unknown[] = [];
      for await (const { failures, ...counts } of collection.ingest(source(), { batchDocuments: 10 })) {
        seen.push([counts, failures.map(({ index, code }) => [index, code]), asked <= 10 * seen.length + 20]);
      }
      expect(seen).toEqual([
        [{ upsertedCount: 10, failedCount: 0 }, [], true],
        [{ upsertedCount: 19, failedCount: 1 }, [[12, "invalid_argument"]], true],
        [{ upsertedCount: 24, failedCount: 1 }, [], true],
      ]);
      expect(await collection.count({ filter: { n: { $gte: 20 } } })).toBe(5);
      for await (const _ of collection.ingest([])) throw new Error("there was nothing to tell");
    });

    it("are ingested no further than to what fails, or to where nobody asks any more", async () => {
      const failing = function* () {
        yield { externalId: "a", vector: new Float32Array(dimension).fill(1) };
        yield { externalId: "b", vector: new Float32Array(dimension).fill(1) };
        throw new Error("the source broke");
      };
      const told: number[] = [];
      const ingestion = async () => {
        for await (const { upsertedCount } of collection.ingest(failing(), { batchDocuments: 1 })) {
          told.push(upsertedCount);
        }
      };
      await expect(ingestion()).rejects.toThrow("the source broke");
      expect(told).toEqual([1]);
      const documents = Array.from({ length: 50 }, () => ({ vector: new Float32Array(dimension).fill(2) }));
      for await (const { upsertedCount } of collection.ingest(documents, { batchDocuments: 5 })) {
        expect(upsertedCount).toBe(5);
        break;
      }
      expect(await collection.count()).toBeLessThanOrEqual(12);
      const bad = collection.ingest(documents, { batchDocuments: 0 });
      expect(await refusedPaths(bad.next())).toEqual(["batchDocuments"]);
    });

    it("are scrolled in the order of their ids, all or those that pass, with the parts asked for", async () => {
      const ids = await insert(250);
      const all = await collected(collection.scroll());
      expect(all.map(({ id }) => id)).toEqual(ids);
      expect(all[7]).toEqual(await collection.get("d7"));
      const few = await collected(
        collection.scroll({ filter: { n: { $gte: 100, $lt: 140 } }, include: ["vector"], limit: 7 }),
      );
      expect(few.map(({ id }) => id)).toEqual(ids.slice(100, 140));
      expect(few[0]).not.toHaveProperty("metadata");
      expect(few[0]!.vector).toHaveLength(dimension);
      expect(await collected(collection.scroll({ filter: { n: -1 } }))).toEqual([]);
    });

    it("are scrolled page by page, whatever is written in between", async () => {
      const ids = await insert(30);
      const first = await collection.scrollPage({ limit: 10 });
      expect(first.documents.map(({ id }) => id)).toEqual(ids.slice(0, 10));
      await collection.delete("d3");
      await collection.delete("d12");
      await collection.upsert([{ externalId: "d15", vector: new Float32Array(dimension).fill(1) }]);
      const [added] = await insertMore(collection);
      const rest: string[] = [];
      for (let cursor = first.nextCursor; cursor !== undefined; ) {
        const page = await collection.scrollPage({ limit: 10, cursor });
        rest.push(...page.documents.map(({ id }) => id));
        cursor = page.nextCursor;
      }
      expect(rest).toEqual([...ids.slice(10).filter((id) => id !== ids[12]), added]);
      expect((await collection.scrollPage({ limit: 1_000 })).nextCursor).toBeUndefined();
    });

    it("refuse a cursor of another collection or filter, and one that was forged (seed 11)", async () => {
      await insert(5);
      const filter = { n: { $gte: 0 }, $or: [{ n: 1 }, { n: { $lt: 9 } }] };
      const { nextCursor: cursor } = await collection.scrollPage({ filter, limit: 1 });
      const reordered = { $or: [{ n: 1 }, { n: { $lt: 9 } }], n: { $gte: 0 } };
      const page = await collection.scrollPage({ filter: reordered, limit: 3, cursor: cursor! });
      expect(page.documents).toHaveLength(3);
      const other = await newCollection();
      const random = new SeededRandom(11);
      const forged = Array.from({ length: 30 }, () => {
        const at = random.nextInt(cursor!.length);
        return (
          cursor!.slice(0, at) +
          (random.nextInt(2) === 0 ? "" : (cursor![at] === "x" ? "y" : "x") + cursor!.slice(at + 1))
        );
      });
      for (const [where, input] of [
        [other, { filter, cursor: cursor! }],
        [collection, { cursor: cursor! }],
        [collection, { filter: { n: { $gte: 1 } }, cursor: cursor! }],
        ...["", "?", "null", `${cursor}A`, ...forged].map(
          (each) => [collection, { filter, cursor: each }] as const,
        ),
      ] as const) {
        expect(await refusedPaths(where.scrollPage(input)), JSON.stringify(input)).toEqual(["cursor"]);
      }
    });

    it("are counted", async () => {
      expect(await collection.count()).toBe(0);
      await insert(20);
      expect(await collection.count()).toBe(20);
      expect(await collection.count({ filter: { n: { $lt: 5 } } })).toBe(5);
      expect(await collection.count({ filter: { m: 1 } })).toBe(0);
      await collection.delete("d0");
      expect(await collection.count({ filter: { n: { $lt: 5 } } })).toBe(4);
    });

    it("have facets: how many have each value", async () => {
      const years = ["1990-01-01", "2024-02-29"];
      await insert(12, (n) => ({
        tags: n % 4 === 0 ? ["a", "b", "a"] : ["b"],
        author: { name: n % 3 === 0 ? null : `author ${n % 3}` },
        year: years[n % 2]!,
        flag: n < 4,
      }));
      const facetsOf = async (field: string, filter?: JsonObject) => {
        const { facets } = await collection.facets({ field, ...(filter && { filter }) });
        return facets.map(({ value, count }) => [value, count]);
      };
      expect(await collection.facets({ field: "tags" })).toEqual({
        facets: [
          { value: "b", count: 12 },
          { value: "a", count: 3 },
        ],
        distinctCount: 2,
      });
      expect(await facetsOf("author.name")).toEqual([
        ["author 1", 4],
        ["author 2", 4],
        [null, 4],
      ]);
      expect(await facetsOf("year", { flag: true })).toEqual([
        ["1990-01-01", 2],
        ["2024-02-29", 2],
      ]);
      expect(await facetsOf("flag")).toEqual([
        [false, 8],
        [true, 4],
      ]);
      expect(await facetsOf("missing")).toEqual([]);
      const { facets, distinctCount } = await collection.facets({ field: "tags", limit: 1 });
      expect({ facets, distinctCount }).toEqual({ facets: [{ value: "b", count: 12 }], distinctCount: 2 });
    });

    it("are got by ids and external ids, and by a filter", async () => {
      const ids = await insert(10);
      const { documents, missing } = await collection.getMany({
        ids: [ids[4]!, "d2", "nobody", ids[4]!, unknownId],
        include: ["metadata"],
      });
      expect(documents.map(({ id, metadata }) => [id, metadata])).toEqual([
        [ids[4], { n: 4 }],
        [ids[2], { n: 2 }],
        [ids[4], { n: 4 }],
      ]);
      expect(missing).toEqual(["nobody", unknownId]);
      const found = await collection.getMany({ filter: { n: { $gte: 5 } }, limit: 3 });
      expect(found).toMatchObject({ documents: ids.slice(5, 8).map((id) => ({ id })), missing: [] });
    });

    it("are deleted by ids, by a filter, and all", async () => {
      const ids = await insert(30);
      expect(await collection.deleteMany({ ids: [ids[0]!, "d1", "d1", "nobody"] })).toEqual({
        deletedCount: 2,
      });
      expect(await collection.deleteMany({ filter: { n: { $lt: 10 } } })).toEqual({ deletedCount: 8 });
      expect(await collection.deleteMany({ filter: { n: { $lt: 10 } } })).toEqual({ deletedCount: 0 });
      const left = await collected(collection.scroll());
      expect(left.map(({ id }) => id)).toEqual(ids.slice(10));
      expect(await collection.deleteMany({ all: true })).toEqual({ deletedCount: 20 });
      expect(await collection.count()).toBe(0);
      expect(await collection.deleteMany({ ids: [] })).toEqual({ deletedCount: 0 });
    });

    it("are refused with what would be right, and stay", async () => {
      await insert(1);
      for (const [call, path] of [
        [() => collection.deleteMany({ filter: {} }), "filter"],
        [() => collection.deleteMany({}), "ids"],
        [() => collection.deleteMany({ all: false }), "ids"],
        [() => collection.deleteMany({ ids: ["d0"], filter: { n: 0 } }), "ids"],
        [() => collection.deleteMany({ filter: { n: 0 }, all: true }), "ids"],
        [() => collection.deleteMany({ filter: { n: { $gtt: 0 } } }), "filter.n.$gtt"],
        [() => collection.deleteMany({ ids: Array.from({ length: 10_001 }, () => "d0") }), "ids"],
        [() => collection.getMany({}), "ids"],
        [() => collection.getMany({ ids: [], filter: {} }), "ids"],
        [() => collection.getMany({ ids: ["d0"], limit: 1 }), "limit"],
        [() => collection.getMany({ filter: {}, limit: 0 }), "limit"],
        [() => collection.getMany({ ids: Array.from({ length: 1_001 }, () => "d0") }), "ids"],
        [() => collection.scrollPage({ limit: 1_001 }), "limit"],
        [() => collection.scrollPage({ filter: { $x: 1 } }), "filter.$x"],
        [() => collection.count({ filter: { n: { $in: 1 } } as JsonObject }), "filter.n.$in"],
        [() => collection.facets({ field: "" }), "field"],
        [() => collection.facets({ field: "a..b" }), "field"],
        [() => collection.facets({ field: "n", limit: 0 }), "limit"],
        [() => collection.facets({ field: "n", filter: { $and: [] } }), "filter.$and"],
      ] as const) {
        expect(await refusedPaths(call()), path).toEqual([expect.stringContaining(path)]);
      }
      expect(await collection.count()).toBe(1);
    });
  });
}

async function insertMore(collection: Collection): Promise<readonly string[]> {
  const { items } = await collection.upsert([
    { externalId: "more", vector: new Float32Array(dimension).fill(1) },
  ]);
  return items.map((item) => (item.ok ? item.id : "refused"));
}

async function collected(documents: AsyncIterable<Document>): Promise<readonly Document[]> {
  const all: Document[] = [];
  for await (const document of documents) all.push(document);
  return all;
}

async function refusedPaths(call: Promise<unknown>): Promise<readonly string[]> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(AkiDbError);
  expect(error).toMatchObject({ code: "invalid_argument" });
  return (error as AkiDbError).violations.map(({ path }) => path);
}

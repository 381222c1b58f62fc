import { AkiDbError, deadlineExceeded, metrics, noDeadline, SeededRandom } from "@akidb/base";
import type { RowFilter } from "@akidb/kernel";
import { afterAll, describe, expect, it } from "vitest";
import { Builders } from "../builders/builders.ts";
import { watchedBuilders } from "../builders/watchedBuilders.test.pool.ts";
import { GraphIndex, type GraphIndexOptions } from "./graphIndex.ts";
import type { VectorIndex } from "./vectorIndex.ts";

const dimension = 32;
const options = {
  dimension,
  metric: "l2",
  quantization: "int8",
  linksMax: 16,
  efConstruction: 100,
  efSearch: 100,
} as const;
const inBuilders = 0;
const inSlices = Number.POSITIVE_INFINITY;
const shared = new Builders({ threadCount: 2 });
afterAll(() => shared.close());

const gaussian = (random: SeededRandom, length = dimension): Float32Array =>
  Float32Array.from({ length }, () => random.nextGaussian());

function add(index: VectorIndex, vectors: readonly Float32Array[]): void {
  index.reserve(vectors.length);
  for (const vector of vectors) index.add(vector);
  index.publish();
}

const largeDimension = 1_024;

/** Six million numbers, drawn once, a query in front. */
let large: readonly Float32Array[] | undefined;
function drawLarge(): readonly Float32Array[] {
  const random = new SeededRandom(11);
  return Array.from({ length: 6_001 }, () => gaussian(random, largeDimension));
}

/** Large enough that a scan in builders takes many turns of the event loop. */
async function largeIndex(own: Partial<GraphIndexOptions> & Pick<GraphIndexOptions, "builders">) {
  large ??= drawLarge();
  const [query, ...vectors] = large;
  const index = new GraphIndex({ ...options, dimension: largeDimension, ...own });
  await index.pauseLinking();
  add(index, vectors);
  return { index, query: query! };
}

describe("exact searches", () => {
  it.each(metrics)(
    "find the same in builders and in slices under %s, while rows come, go and are linked",
    async (metric) => {
      const random = new SeededRandom(5);
      const make = (ownComponentsMax: number) =>
        new GraphIndex({ ...options, metric, builders: shared, segmentRowsMax: 1_600, ownComponentsMax });
      const indexes = [make(inBuilders), make(inSlices)];
      const alive: number[] = [];
      for (let round = 0; round < 15; round++) {
        const vectors = Array.from({ length: 300 }, () => gaussian(random));
        for (const [n] of vectors.entries()) alive.push(300 * round + n);
        const dead = Array.from({ length: 40 }, () => alive.splice(random.nextInt(alive.length), 1)).flat();
        for (const index of indexes) {
          index.reserve(vectors.length);
          for (const vector of vectors) index.add(vector);
          for (const row of dead) index.remove(row);
          index.publish();
        }
        const rowCount = 300 * (round + 1) - random.nextInt(40);
        const share = random.nextFloat();
        const words = new Uint32Array(Math.ceil(rowCount / 32));
        for (const row of alive) if (random.nextFloat() < share) words[row >>> 5]! |= 1 << (row & 31);
        const filters: (RowFilter | undefined)[] = [undefined, { words, rowCount }];
        // Of the same moment, and some of them still at it when the next rows come.
        const searches = filters.flatMap((filter) =>
          [1, 10, 1_000].map((k) => {
            const query = { k, exact: true, ...(filter && { filter }) };
            const vector = vectors[random.nextInt(vectors.length)]!;
            return Promise.all(indexes.map((index) => index.search(vector, query, noDeadline())));
          }),
        );
        add(indexes[0]!, []);
        for (const [found, expected] of await Promise.all(searches)) {
          expect([...found!.rows]).toEqual([...expected!.rows]);
          expect([...found!.scores]).toEqual([...expected!.scores]);
          expect(found!.rows.length).toBeGreaterThan(0);
        }
      }
      for (const index of indexes) await index.close();
    },
    60_000,
  );

  it("show the moment of their call, however long they wait", async () => {
    for (const ownComponentsMax of [inBuilders, inSlices]) {
      const { index, query } = await largeIndex({ builders: shared, ownComponentsMax });
      const searches = Array.from({ length: 6 }, () =>
        index.search(query, { k: 10_000, exact: true }, noDeadline()),
      );
      for (let row = 0; row < 3_000; row++) index.remove(row);
      add(index, [query, query]);
      for (const search of searches) {
        const { rows } = await search;
        expect(rows).toHaveLength(6_000);
        expect(Math.max(...rows)).toBe(5_999);
      }
      const { rows } = await index.search(query, { k: 10_000, exact: true }, noDeadline());
      expect(rows).toHaveLength(3_002);
      await index.close();
    }
  }, 60_000);

  it("that are small stay in the calling thread, and large ones leave it", async () => {
    const { builders, kinds } = watchedBuilders(2);
    const { index, query } = await largeIndex({ builders });
    const words = new Uint32Array(Math.ceil(6_000 / 32)).fill(1);
    const filter = { words, rowCount: 6_000 };
    const { rows } = await index.search(query, { k: 1_000, exact: true, filter }, noDeadline());
    expect(rows).toHaveLength(words.length);
    expect(kinds).toEqual([]);
    await index.search(query, { k: 10, exact: true }, noDeadline());
    expect(kinds.length).toBeGreaterThan(1);
    expect(new Set(kinds)).toEqual(new Set(["scan"]));
    await index.close();
    await builders.close();
  });

  it("end when their time is up, and leave the builders to others", async () => {
    const { index, query } = await largeIndex({ builders: shared, ownComponentsMax: inBuilders });
    const expected = await index.search(query, { k: 10, exact: true }, noDeadline());
    for (let turns = 0; turns < 4; turns++) {
      const timeout = new AbortController();
      const late = Array.from({ length: 10 }, () =>
        index.search(query, { k: 10, exact: true }, noDeadline(timeout.signal)),
      );
      const inTime = index.search(query, { k: 10, exact: true }, noDeadline());
      for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
      timeout.abort(deadlineExceeded("not done in time"));
      for (const end of await Promise.allSettled(late)) {
        // Builders may be done with some of them by then, but with none before they had a turn.
        if (turns > 0 && end.status === "fulfilled") expect(end.value).toEqual(expected);
        else expect(end).toMatchObject({ status: "rejected", reason: { code: "deadline_exceeded" } });
      }
      expect(await inTime).toEqual(expected);
    }
    const cancelled = noDeadline(AbortSignal.abort());
    await expect(index.search(query, { k: 10, exact: true }, cancelled)).rejects.toThrow(AkiDbError);
    await index.close();
  });

  it("are done in slices where a builder dies, and no segment is built anew", async () => {
    const { builders, workers, kinds } = watchedBuilders(2);
    const { index, query } = await largeIndex({ builders, ownComponentsMax: inBuilders });
    index.resumeLinking();
    while (index.linkedCount < 500) await new Promise((resolve) => setTimeout(resolve, 5));
    await index.pauseLinking();
    const { linkedCount } = index;
    const expected = await index.search(query, { k: 10, exact: true }, noDeadline());
    for (let turns = 0; turns < 4; turns++) {
      const asked = kinds.length;
      const searches = Array.from({ length: 3 }, () =>
        index.search(query, { k: 10, exact: true }, noDeadline()),
      );
      expect(kinds.slice(asked)).toContain("scan");
      for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
      for (const worker of workers) void worker.terminate();
      for (const search of searches) expect(await search).toEqual(expected);
    }
    expect(index.linkedCount).toBe(linkedCount);
    const started = workers.length;
    expect(started).toBeGreaterThan(2);
    await index.close();
    await builders.close();
  }, 60_000);

  it("beyond what builders take, without any, and after their end are done in slices", async () => {
    const { builders, kinds } = watchedBuilders(1);
    const { index, query } = await largeIndex({ builders, ownComponentsMax: inBuilders });
    const expected = await index.search(query, { k: 10, exact: true }, noDeadline());
    const searches = Array.from({ length: 40 }, () =>
      index.search(query, { k: 10, exact: true }, noDeadline()),
    );
    for (const search of searches) expect(await search).toEqual(expected);
    const ending = index.search(query, { k: 10, exact: true }, noDeadline());
    await builders.close();
    expect(await ending).toEqual(expected);
    const asked = kinds.length;
    expect(await index.search(query, { k: 10, exact: true }, noDeadline())).toEqual(expected);
    expect(kinds).toHaveLength(asked);
    await index.close();

    const nobody = new Builders({ threadCount: 0 });
    const { index: alone } = await largeIndex({ builders: nobody, ownComponentsMax: inBuilders });
    expect(await alone.search(query, { k: 10, exact: true }, noDeadline())).toEqual(expected);
    await alone.close();
  }, 60_000);
});

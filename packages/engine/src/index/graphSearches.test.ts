import { deadlineExceeded, noDeadline, SeededRandom } from "@akidb/base";
import type { RowFilter } from "@akidb/kernel";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Builders } from "../builders/builders.ts";
import { FlatIndex } from "./flatIndex.ts";
import { GraphIndex, type GraphIndexOptions } from "./graphIndex.ts";
import type { VectorIndex } from "./vectorIndex.ts";

const dimension = 32;
const rowCount = 3_000;
const builders = new Builders({ threadCount: 1 });
const random = new SeededRandom(61);
const gaussian = () => Float32Array.from({ length: dimension }, () => random.nextGaussian());
const vectors = Array.from({ length: rowCount }, gaussian);

function add(index: VectorIndex): void {
  index.reserve(rowCount);
  for (const vector of vectors) index.add(vector);
  for (let row = 0; row < rowCount; row += 7) index.remove(row);
  index.publish();
}

async function linkedIndex(options: Partial<GraphIndexOptions> = {}): Promise<GraphIndex> {
  const shape = { dimension, metric: "l2", quantization: "int8", linksMax: 16, efConstruction: 80 } as const;
  const index = new GraphIndex({ ...shape, efSearch: 100, builders, segmentRowsMax: 1_024, ...options });
  add(index);
  while (index.tailCount > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  return index;
}

const everyNth = (n: number): RowFilter => {
  const words = new Uint32Array(Math.ceil(rowCount / 32));
  for (let row = 0; row < rowCount; row += n) words[row >>> 5]! |= 1 << (row & 31);
  return { words, rowCount };
};

let atOnce: GraphIndex;
let inSlices: GraphIndex;
let oracle: FlatIndex;
beforeAll(async () => {
  atOnce = await linkedIndex();
  inSlices = await linkedIndex({ ownNsMax: 0 });
  oracle = new FlatIndex(dimension, "l2");
  add(oracle);
});
afterAll(async () => {
  await atOnce.close();
  await inSlices.close();
  await builders.close();
});

describe("searches of graphs", () => {
  it.each([1, 2, 10, 100])(
    "find as much in slices as in one go, where every %ith row is allowed",
    async (n) => {
      const filter = n === 1 ? {} : { filter: everyNth(n) };
      for (const index of [atOnce, inSlices]) {
        let found = 0;
        for (let query = 0; query < 20; query++) {
          const vector = gaussian();
          const expected = await oracle.search(vector, { k: 10, ...filter }, noDeadline());
          const { rows } = await index.search(vector, { k: 10, ef: 100, ...filter }, noDeadline());
          expect(rows).toHaveLength(10);
          found += rows.filter((row) => expected.rows.includes(row)).length;
        }
        expect(found / 200).toBeGreaterThanOrEqual(0.95);
      }
    },
  );

  it("tell what each segment took", async () => {
    const count = Array.from(vectors.keys()).filter((row) => row % 7 !== 0).length;
    for (const index of [atOnce, inSlices]) {
      const { efforts } = await index.search(gaussian(), { k: 10, ef: 100 }, noDeadline());
      expect(efforts).toHaveLength(3);
      expect(efforts.reduce((sum, { matches }) => sum + matches, 0)).toBe(count);
      for (const { method, tailRows, codeDistances, exactDistances } of efforts) {
        // So few rows are scanned sooner than walked, where a search can choose.
        expect(method).toBe(index === atOnce ? "graph" : "scan");
        expect(tailRows).toBe(0);
        expect(codeDistances).toBeGreaterThan(100);
        expect(exactDistances).toBeGreaterThanOrEqual(10);
      }
      const exact = await index.search(gaussian(), { k: 10, exact: true, filter: everyNth(2) }, noDeadline());
      const matches = exact.efforts.reduce((sum, effort) => sum + effort.matches, 0);
      expect(matches).toBe(Array.from(vectors.keys()).filter((row) => row % 7 !== 0 && row % 2 === 0).length);
    }
  });

  it("are of the moment of their call, though they take many turns", async () => {
    const index = await linkedIndex({ ownNsMax: 0 });
    const vector = vectors[1]!;
    const searching = index.search(vector, { k: 1, ef: 3_000 }, noDeadline());
    await new Promise((resolve) => setImmediate(resolve));
    index.remove(1);
    index.add(vector);
    index.publish();
    expect([...(await searching).rows]).toEqual([1]);
    expect([...(await index.search(vector, { k: 1, ef: 3_000 }, noDeadline())).rows]).toEqual([rowCount]);
    await index.close();
  });

  it("end with their deadline, under way and waiting, and let others run meanwhile", async () => {
    const wide = { k: 10, ef: 20_000 };
    const gone = new AbortController();
    const given = [0, 1].map(() => inSlices.search(gaussian(), wide, noDeadline(gone.signal)));
    const kept = inSlices.search(gaussian(), wide, noDeadline());
    await new Promise((resolve) => setImmediate(resolve));
    expect((await atOnce.search(gaussian(), { k: 10 }, noDeadline())).rows).toHaveLength(10);
    gone.abort(deadlineExceeded("test"));
    const ended = await Promise.allSettled(given);
    for (const end of ended) expect(end).toMatchObject({ reason: { code: "deadline_exceeded" } });
    expect((await kept).rows).toHaveLength(10);
  });
});

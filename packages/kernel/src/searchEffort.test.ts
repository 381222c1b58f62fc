import { metrics, SeededRandom } from "@akidb/base";
import { describe, expect, it } from "vitest";
import { readKernelFiles } from "./adapters/kernelFiles.ts";
import { loadKernel } from "./loadKernel.ts";
import { Segment } from "./segment.ts";
import { quantizations, segmentDefaults } from "./segmentOptions.ts";
import { embeddingLike, plainScore } from "./vectors.test.data.ts";

const kernel = loadKernel(readKernelFiles());
const dimension = 96;
const rowCount = 2_000;
const next = embeddingLike(new SeededRandom(47), dimension);
const vectors = Array.from({ length: rowCount }, next);
const queries = Array.from({ length: 10 }, next);

function linkedSegment(options: Partial<Parameters<typeof Segment.create>[1]>): Segment {
  const shape = { ...segmentDefaults, dimension, capacity: rowCount, metric: "l2" as const };
  const segment = Segment.create(kernel, { ...shape, quantization: "int8", ...options });
  for (const vector of vectors) segment.add(vector);
  segment.publish();
  segment.link(rowCount);
  return segment;
}

const everyNth = (n: number) => {
  const words = new Uint32Array(Math.ceil(rowCount / 32));
  for (let row = 0; row < rowCount; row += n) words[row >>> 5]! |= 1 << (row & 31);
  return { words, rowCount };
};

describe("what a search took", () => {
  const segment = linkedSegment({});

  it.each([
    ["exact", 1_999, { exact: true }],
    ["exact", 499, { exact: true, filter: everyNth(4) }],
    ["graph", 1_999, {}],
    ["checked_walk", 999, { filter: everyNth(2) }],
    ["scan", 39, { filter: everyNth(50) }],
  ] as const)("is told: %s of %i rows", (method, matches, how) => {
    segment.remove(0);
    segment.search(queries[0]!, { k: 5, ef: 16, ...how });
    const { effort } = segment;
    expect(effort).toMatchObject({ method, matches });
    if (method === "exact") {
      expect(effort).toMatchObject({ codeDistances: 0, exactDistances: matches });
    } else {
      expect(effort.codeDistances).toBeGreaterThanOrEqual(Math.min(matches, 16));
      expect(effort.codeDistances).toBeLessThan(rowCount);
      expect(effort.exactDistances).toBeGreaterThanOrEqual(5);
      expect(effort.exactDistances).toBeLessThanOrEqual(matches);
    }
  });

  it.each([1, 2, 10, 20])(
    "ends with the distances that it may compute, where every %ith row is allowed",
    (n) => {
      const how = n === 1 ? {} : { filter: everyNth(n) };
      const wide = { k: 5, ef: 1_000, ...how };
      expect(segment.trySearch(queries[0]!, { ...wide, codeDistancesMax: 10 })).toBeUndefined();
      const { rows } = segment.search(queries[0]!, { ...wide, codeDistancesMax: 100_000 });
      expect(rows).toEqual(segment.search(queries[0]!, wide).rows);
    },
  );

  it.each(quantizations)("is the same in steps as at once, by %s codes", (quantization) => {
    const sliced = linkedSegment({ quantization, capacity: rowCount + 300 });
    for (const vector of vectors.slice(0, 300)) sliced.add(vector);
    sliced.publish();
    for (const [n, ef] of [
      [1, 50],
      [2, 50],
      [8, 400],
      [10, 50],
      [100, 50],
    ] as const) {
      const words = new Uint32Array(Math.ceil((rowCount + 300) / 32));
      for (let row = 0; row < rowCount + 300; row += n) words[row >>> 5]! |= 1 << (row & 31);
      const filter = { words, rowCount: rowCount + 300 };
      for (const query of queries) {
        const expected = sliced.search(query, { k: 10, ef, filter });
        const { effort } = sliced;
        const search = sliced.beginSearch(query, { k: 10, ef, filter });
        let steps = 1;
        while (!search.advance(40)) steps += 1;
        expect(search.result()).toEqual(expected);
        expect(sliced.effort).toEqual(effort);
        expect(steps).toBeGreaterThan(effort.codeDistances / 400);
      }
    }
  });

  it("finds in steps what was alive at its start, though it dies in between", () => {
    const dying = linkedSegment({});
    const filter = { words: dying.candidates(), rowCount };
    const search = dying.beginSearch(vectors[7]!, { k: 1, filter });
    dying.remove(7);
    while (!search.advance(100));
    expect([...search.result().rows]).toEqual([7]);
    expect([...dying.search(vectors[7]!, { k: 1, filter, asOfFilter: true }).rows]).toEqual([7]);
    expect([...dying.search(vectors[7]!, { k: 1, filter }).rows]).not.toEqual([7]);
  });
});

describe.each(metrics)("scores by codes alone, under %s", (metric) => {
  it.each(quantizations)("are those of the vectors but for the error of %s codes", (quantization) => {
    const segment = linkedSegment({ metric, quantization });
    const error = { none: 1e-5, int8: 0.03, binary: 0.6 }[quantization];
    let found = 0;
    for (const query of queries) {
      const byCodes = segment.search(query, { k: 10, ef: 200, byCodes: true });
      expect(segment.effort.exactDistances).toBe(0);
      expect([...byCodes.scores]).toEqual([...byCodes.scores].sort((a, b) => b - a));
      const exact = segment.search(query, { k: 10, exact: true });
      const scale = Math.abs(exact.scores[0]!);
      for (const [rank, row] of byCodes.rows.entries()) {
        const score = plainScore(metric, query, vectors[row]!);
        expect(Math.abs(byCodes.scores[rank]! - score) / scale).toBeLessThan(error);
      }
      found += byCodes.rows.filter((row) => exact.rows.includes(row)).length;
    }
    expect(found / 100).toBeGreaterThan({ none: 0.95, int8: 0.8, binary: 0.3 }[quantization]);
  });
});

import { AssertionError, metrics, SeededRandom } from "@akidb/base";
import { describe, expect, it } from "vitest";
import { readKernelFiles } from "./adapters/kernelFiles.ts";
import { loadKernel } from "./loadKernel.ts";
import { type RankingLane, RankingLanes } from "./rankingLanes.ts";
import type { SearchResult } from "./rescorer.ts";
import { type FoundKeys, Segment } from "./segment.ts";
import { segmentDefaults } from "./segmentOptions.ts";
import { embeddingLike } from "./vectors.test.data.ts";

const kernel = loadKernel(readKernelFiles());
/** Of 4 floats more than the dimension, as vectors are kept. */
const dimension = 50;
const vectorBytes = 208;
const rowCount = 1_500;

describe.each(metrics)("ranking brought vectors under %s", (metric) => {
  describe.each(["int8", "binary"] as const)("by %s codes", (quantization) => {
    const random = new SeededRandom(17);
    const next = embeddingLike(random, dimension);
    const segment = Segment.create(kernel, {
      ...segmentDefaults,
      dimension,
      metric,
      quantization,
      capacity: rowCount,
    });
    const stored = new Uint8Array(rowCount * vectorBytes);
    for (let row = 0; row < rowCount; row++) {
      // Every fifth vector is there twice: of equally good ones the first comes first.
      const vector = row % 5 === 4 ? segment.vectorOf(row - 1) : next();
      segment.add(vector);
      stored.set(new Uint8Array(vector.buffer), row * vectorBytes);
    }
    segment.publish();
    segment.link(1_000);
    for (let row = 0; row < rowCount; row += 7) segment.remove(row);
    const bare = Segment.open(kernel, { ...segment.handle(), vectors: undefined });
    const lanes = new RankingLanes({ kernel, dimension, metric, lanesMax: 2, windowBytes: 4_096 });
    const queries = Array.from({ length: 5 }, next);

    const bring = (rows: Uint32Array, lane: RankingLane): void => {
      for (const [slot, row] of rows.entries()) {
        lane.slots.set(stored.subarray(row * vectorBytes, (row + 1) * vectorBytes), slot * vectorBytes);
      }
    };
    const rankIn = (lane: RankingLane, query: Float32Array, k: number, found: FoundKeys): SearchResult => {
      lane.begin(query, k);
      for (const rows of lane.wantedOf(found)) bring(rows, lane);
      return lane.result();
    };

    it("gives what a segment gives that has them, to the last bit, and ranks as many", async () => {
      for (const query of queries) {
        for (const [k, ef] of [
          [1, 10],
          [10, 64],
          [300, 1_500],
        ] as const) {
          const expected = segment.search(query, { k, ef });
          await lanes.use(async (lane) => {
            expect(rankIn(lane, query, k, bare.tryFind(query, { k, ef })!)).toEqual(expected);
            expect(lane.rankedCount).toBe(segment.effort.exactDistances);
          });
          expect({ ...bare.effort, exactDistances: segment.effort.exactDistances }).toEqual(segment.effort);
        }
      }
    });

    it("gives the same of every row, from slots and from a window that vectors do not fit evenly", async () => {
      for (const query of queries) {
        const expected = segment.search(query, { k: 20, exact: true });
        const candidates = bare.candidates();
        const isCandidate = (row: number) => ((candidates[row >>> 5]! >>> (row & 31)) & 1) === 1;
        await lanes.use(async (lane) => {
          lane.begin(query, 20);
          let kept = 0;
          for (let at = 0; at < stored.length; at += 4_096) {
            const bytes = stored.subarray(at, at + 4_096);
            lane.window.set(bytes);
            const first = (at - kept) / vectorBytes;
            const end = Math.floor((at + bytes.length) / vectorBytes);
            const rows = Uint32Array.from({ length: end - first }, (_, n) => first + n).filter(isCandidate);
            lane.offerWindow(rows, at);
            kept = at + bytes.length - end * vectorBytes;
            lane.keepEnd(kept, bytes.length);
          }
          expect(lane.result()).toEqual(expected);
          lane.begin(query, 20);
          for (let row = 0; row < rowCount; row += 60) {
            const rows = Uint32Array.from({ length: 60 }, (_, n) => row + n).filter(isCandidate);
            bring(rows, lane);
            lane.offerSlots(rows);
          }
          expect(lane.result()).toEqual(expected);
        });
      }
    });

    it("has each search in a lane of its own, and those beyond wait", async () => {
      const expected = queries.map((query) => segment.search(query, { k: 10 }));
      let inUse = 0;
      const ranked = await Promise.all(
        queries.map((query) =>
          lanes.use(async (lane) => {
            inUse += 1;
            expect(inUse).toBeLessThanOrEqual(2);
            const found = bare.tryFind(query, { k: 10 })!;
            lane.begin(query, 10);
            for (const rows of lane.wantedOf(found)) {
              const wanted = rows.slice();
              await new Promise((resolve) => setImmediate(resolve));
              bring(wanted, lane);
            }
            inUse -= 1;
            return lane.result();
          }),
        ),
      );
      expect(ranked).toEqual(expected);
    });

    it("leaves what takes vectors to segments that have them, and tells of less memory", () => {
      const [query] = queries;
      expect(() => bare.add(query!)).toThrow(AssertionError);
      expect(() => bare.vectorOf(0)).toThrow(AssertionError);
      expect(() => bare.trySearch(query!, { k: 1, exact: true })).toThrow(AssertionError);
      expect(segment.memoryBytes - bare.memoryBytes).toBe(rowCount * vectorBytes);
      expect(bare.stats()).toEqual({ ...segment.stats(), bytes: { ...segment.stats().bytes, vectors: 0 } });
      if (quantization === "int8") {
        expect(bare.search(query!, { k: 5, byCodes: true })).toEqual(
          segment.search(query!, { k: 5, byCodes: true }),
        );
      }
    });
  });
});

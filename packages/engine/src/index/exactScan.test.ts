import { Worker } from "node:worker_threads";
import { metrics, SeededRandom, scoreToDistance } from "@akidb/base";
import { describe, expect, it } from "vitest";
import { ExactScan } from "./exactScan.ts";
import { FlatIndex } from "./flatIndex.ts";
import { FlatReadView } from "./flatReadView.ts";

const randomVector = (random: SeededRandom, dimension: number): Float32Array =>
  Float32Array.from({ length: dimension }, () => random.nextGaussian());

/** The distances as a textbook writes them. */
const plainDistance = {
  cosine: (a: Float32Array, b: Float32Array) =>
    1 - plainDot(a, b) / Math.sqrt(plainDot(a, a) * plainDot(b, b)),
  dot: (a: Float32Array, b: Float32Array) => -plainDot(a, b),
  l2: (a: Float32Array, b: Float32Array) => Math.hypot(...a.map((x, i) => x - b[i]!)),
};
const plainDot = (a: Float32Array, b: Float32Array) => a.reduce((sum, x, i) => sum + x * b[i]!, 0);

function scanAll(view: FlatReadView, query: Float32Array, k: number, rowsPerStep = 7) {
  const scan = new ExactScan(view, query, { k });
  while (!scan.advance(rowsPerStep));
  return scan.result();
}

describe.each(metrics)("exact scan under %s", (metric) => {
  it.each([16, 17, 19, 96])("finds what sorting all rows finds, at dimension %i", (dimension) => {
    const random = new SeededRandom(dimension);
    const index = new FlatIndex(dimension, metric);
    const vectors = Array.from({ length: 500 }, () => randomVector(random, dimension));
    for (const vector of vectors) index.add(vector);
    const dead = new Set([0, 31, 32, 63, 64, 65, 191, 192, 499]);
    for (const row of dead) index.remove(row);
    index.publish();

    for (let round = 0; round < 5; round++) {
      const query = randomVector(random, dimension);
      const expected = vectors
        .map((vector, row) => ({ row, distance: plainDistance[metric](query, vector) }))
        .filter(({ row }) => !dead.has(row))
        .sort((a, b) => a.distance - b.distance)
        .slice(0, 20);
      const { rows, scores } = scanAll(index.view, query, 20);
      expect([...rows]).toEqual(expected.map(({ row }) => row));
      for (const [rank, { distance }] of expected.entries()) {
        // Math.hypot and the textbook's sums round in another order.
        expect(scoreToDistance(metric, scores[rank]!)).toBeCloseTo(distance, 4);
      }
    }
  });

  it("keeps huge and tiny vectors apart", () => {
    const dimension = 16;
    const index = new FlatIndex(dimension, metric);
    const huge = new Float32Array(dimension).fill(3e38);
    const tiny = new Float32Array(dimension).fill(1e-45);
    tiny[0] = -1e-45;
    index.add(huge);
    index.add(tiny);
    index.publish();
    for (const [row, vector] of [huge, tiny].entries()) {
      const { rows, scores } = scanAll(index.view, vector, 2);
      expect(scores.every(Number.isFinite)).toBe(true);
      if (metric === "dot" && row === 1) continue; // the inner product of tiny with huge may be the larger one
      expect(rows[0]).toBe(row);
    }
  });
});

describe("exact scan", () => {
  it("prefers the older of equal rows, however the scan is cut", () => {
    const index = new FlatIndex(16, "l2");
    const vector = new Float32Array(16).fill(1);
    for (let row = 0; row < 300; row++) index.add(vector);
    index.publish();
    for (const rowsPerStep of [1, 64, 1_000]) {
      expect([...scanAll(index.view, vector, 5, rowsPerStep).rows]).toEqual([0, 1, 2, 3, 4]);
    }
  });

  it("sees the rows of its start, whatever is published meanwhile", () => {
    const index = new FlatIndex(16, "dot");
    const vector = new Float32Array(16).fill(1);
    for (let row = 0; row < 100; row++) index.add(vector);
    index.publish();
    const scan = new ExactScan(index.view, vector, { k: 1_000 });
    scan.advance(10);
    index.remove(99);
    index.add(vector);
    index.publish();
    while (!scan.advance(10));
    expect(scan.result().rows).toHaveLength(100);
    const after = scanAll(index.view, vector, 1_000).rows;
    expect(after).toHaveLength(100);
    expect(after).not.toContain(99);
    expect(after).toContain(100);
  });

  it("finds nothing in an empty index", () => {
    const index = new FlatIndex(16, "cosine");
    expect(scanAll(index.view, new Float32Array(16).fill(1), 10).rows).toHaveLength(0);
  });
});

describe("a read view in another thread", () => {
  it("never sees half of a replacement while the writer publishes", async () => {
    const dimension = 16;
    const replacements = 20_000;
    const index = new FlatIndex(dimension, "l2");
    const vector = new Float32Array(dimension).fill(1);
    index.reserve(replacements + 1);
    index.add(vector);
    index.publish();
    const source = new URL("./readViewWorker.test.worker.ts", import.meta.url);
    const worker = new Worker(source, { workerData: index.handle() });
    try {
      await new Promise((resolve) => worker.once("message", resolve));
      for (let row = 1; row <= replacements; row++) {
        // One document, replaced again and again: exactly one row is alive at every moment.
        index.remove(index.add(vector) - 1);
        index.publish();
        if (row % 1_000 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      worker.postMessage("stop");
      const seen = await new Promise<{ snapshots: number; wrong: number }>((resolve) =>
        worker.once("message", resolve),
      );
      expect(seen.snapshots).toBeGreaterThan(0);
      expect(seen.wrong).toBe(0);
    } finally {
      await worker.terminate();
    }
  });

  it("searches the same rows", () => {
    const random = new SeededRandom(5);
    const index = new FlatIndex(32, "cosine");
    for (let row = 0; row < 1_000; row++) index.add(randomVector(random, 32));
    index.publish();
    const query = randomVector(random, 32);
    const elsewhere = new FlatReadView(structuredClone(index.handle()));
    expect(scanAll(elsewhere, query, 10)).toEqual(scanAll(index.view, query, 10));
  });
});

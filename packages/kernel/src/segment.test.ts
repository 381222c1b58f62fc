import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { AssertionError, type Metric, metrics, SeededRandom } from "@akidb/base";
import { describe, expect, it } from "vitest";
import { readKernelFiles } from "./adapters/kernelFiles.ts";
import { type Kernel, kernelBuilds } from "./kernel.ts";
import { loadKernel } from "./loadKernel.ts";
import { Segment, type SegmentHandle } from "./segment.ts";
import { quantizations, type SegmentOptions, segmentDefaults, segmentThreadsMax } from "./segmentOptions.ts";
import { bestScores, embeddingLike, plainScore, recallOf } from "./vectors.test.data.ts";

const kernel = loadKernel(readKernelFiles());

const optionsOf = (options: Partial<SegmentOptions>): SegmentOptions => ({
  ...segmentDefaults,
  dimension: 64,
  metric: "cosine",
  quantization: "int8",
  capacity: 10_000,
  ...options,
});

function segmentWith(
  vectors: readonly Float32Array[],
  options: Partial<SegmentOptions>,
  build: Kernel = kernel,
): Segment {
  const segment = Segment.create(build, optionsOf({ dimension: vectors[0]!.length, ...options }));
  for (const vector of vectors) segment.add(vector);
  segment.publish();
  return segment;
}

/** Mean recall of searches with `ef`, among the rows that are wanted. */
function meanRecall(
  segment: Segment,
  vectors: readonly Float32Array[],
  queries: readonly Float32Array[],
  ef: number,
  { isWanted, best }: { isWanted?: (row: number) => boolean; best?: readonly (readonly number[])[] } = {},
): number {
  const { metric } = segment.options;
  const filter = isWanted && { words: bitsOf(vectors.length, isWanted), rowCount: vectors.length };
  const recalls = queries.map((query, at) => {
    const { rows, scores } = segment.search(query, { k: 10, ef, ...(filter && { filter }) });
    expect(new Set(rows).size).toBe(rows.length);
    expect([...rows].every((row) => isWanted?.(row) ?? true)).toBe(true);
    return recallOf(scores, best?.[at] ?? bestScores(metric, vectors, query, 10, isWanted));
  });
  return recalls.reduce((sum, recall) => sum + recall, 0) / recalls.length;
}

function bitsOf(length: number, isSet: (row: number) => boolean): Uint32Array {
  const words = new Uint32Array(Math.ceil(length / 32));
  for (let row = 0; row < length; row++) if (isSet(row)) words[row >>> 5]! |= 1 << (row & 31);
  return words;
}

describe.each(metrics)("a segment under %s", (metric) => {
  const random = new SeededRandom(41);
  const next = embeddingLike(random, 96);
  const vectors = Array.from({ length: 3_000 }, next);
  const queries = Array.from({ length: 40 }, next);
  const best = queries.map((query) => bestScores(metric, vectors, query, 10));

  it.each(quantizations)("finds the nearest by %s codes: in the tail, and in the graph", (quantization) => {
    const segment = segmentWith(vectors, { metric, quantization });
    const ef = quantization === "binary" ? 400 : 120;
    expect(segment.stats().tail).toBe(3_000);
    const inTail = meanRecall(segment, vectors, queries, ef, { best });
    expect(segment.link(1_500)).toBe(1_500);
    const half = meanRecall(segment, vectors, queries, ef, { best });
    expect(segment.link(10_000)).toBe(1_500);
    expect(segment.stats().tail).toBe(0);
    const inGraph = meanRecall(segment, vectors, queries, ef, { best });
    // A pool of 120 of 3,000 rows by codes, the best 30 of them ranked exactly; signs alone are coarse at 96 dimensions.
    const least = quantization === "binary" ? 0.6 : 0.97;
    expect(inTail).toBeGreaterThanOrEqual(least);
    expect(half).toBeGreaterThanOrEqual(least);
    expect(inGraph).toBeGreaterThanOrEqual(least);
  });

  it("scores as the textbook does, and finds everything when asked to be exact", () => {
    for (const quantization of quantizations) {
      const segment = segmentWith(vectors.slice(0, 500), { metric, quantization });
      for (const query of queries.slice(0, 5)) {
        const { rows, scores } = segment.search(query, { k: 20, exact: true });
        const best = bestScores(metric, vectors.slice(0, 500), query, 20);
        for (const [place, score] of best.entries()) {
          expect(scores[place]!).toBeCloseTo(score, 9);
          expect(plainScore(metric, query, vectors[rows[place]!]!)).toBeCloseTo(score, 9);
        }
      }
    }
  });

  it("is searched exactly in ranges, as it was when its candidates were taken", () => {
    const segment = segmentWith(vectors.slice(0, 500), { metric });
    const query = queries[0]!;
    const expected = segment.search(query, { k: 500, exact: true });
    const candidates = segment.candidates();
    segment.remove(expected.rows[0]!);
    const found = [0, 7, 8].flatMap((word, range, starts) => {
      const part = candidates.subarray(word, starts[range + 1]);
      const scan = segment.beginExact(query, { k: 500, candidates: part, firstRow: 32 * word });
      while (!scan.advance(50));
      const { rows, scores } = scan.result();
      return [...rows].map((row, rank) => ({ row, score: scores[rank]! }));
    });
    const ranked = found.sort((a, b) => b.score - a.score || a.row - b.row);
    expect(ranked.map(({ row }) => row)).toEqual([...expected.rows]);
    expect(ranked.map(({ score }) => score)).toEqual([...expected.scores]);
    const behind = { k: 1, candidates, firstRow: 32 };
    expect(() => segment.beginExact(query, behind)).toThrow(AssertionError);
  });

  it("is found by its own vector", () => {
    const segment = segmentWith(vectors, { metric });
    segment.link(3_000);
    if (metric === "dot") return; // a longer vector may have the larger inner product
    for (let row = 0; row < 3_000; row += 100) {
      expect(segment.search(vectors[row]!, { k: 1 }).rows[0]).toBe(row);
      expect(segment.vectorOf(row)).toEqual(vectors[row]);
    }
  });
});

describe.each(kernelBuilds)("the %s build", (build) => {
  it("builds the same graph every time, and answers alike", () => {
    const files = readKernelFiles();
    const module = new WebAssembly.Module(files[build]);
    const next = embeddingLike(new SeededRandom(3), 40);
    const vectors = Array.from({ length: 800 }, next);
    const query = next();
    const [one, two] = [0, 1].map(() => {
      const segment = segmentWith(vectors, {}, { build, module });
      segment.link(800);
      return { stats: segment.stats(), found: segment.search(query, { k: 10 }) };
    });
    expect(two).toEqual(one);
    expect(one!.stats.links).toBeGreaterThan(800 * 4);
  });
});

describe("removed rows", () => {
  it("are not returned, though everything near the query is removed", () => {
    const next = embeddingLike(new SeededRandom(5), 48);
    const vectors = Array.from({ length: 2_000 }, next);
    const segment = segmentWith(vectors, { metric: "l2" });
    segment.link(2_000);
    const query = next();
    const nearest = segment.search(query, { k: 600, exact: true }).rows;
    for (const row of nearest) expect(segment.remove(row)).toBe(true);
    expect(segment.remove(nearest[0]!)).toBe(false);
    const dead = new Set(nearest);
    const { rows, scores } = segment.search(query, { k: 10 });
    expect([...rows].some((row) => dead.has(row))).toBe(false);
    expect(
      recallOf(
        scores,
        bestScores("l2", vectors, query, 10, (row) => !dead.has(row)),
      ),
    ).toBe(1);
    expect(segment.stats().tombstones).toBe(600);
  });

  it("leave nothing where all are removed", () => {
    const vectors = Array.from({ length: 100 }, embeddingLike(new SeededRandom(6), 16));
    const segment = segmentWith(vectors, {});
    segment.link(50);
    for (let row = 0; row < 100; row++) segment.remove(row);
    for (const exact of [true, false])
      expect(segment.search(vectors[0]!, { k: 5, exact }).rows).toHaveLength(0);
  });
});

describe("stats", () => {
  it("count neither links nor nodes of rows that died before they were linked", () => {
    const vectors = Array.from({ length: 2_000 }, embeddingLike(new SeededRandom(8), 16));
    const segment = segmentWith(vectors, {});
    const empty = { nodesByLevel: [] as number[], links: 0 };
    for (let row = 0; row < 2_000; row++) segment.remove(row);
    segment.link(2_000);
    expect(segment.stats()).toMatchObject({ ...empty, rows: 2_000, tombstones: 2_000, tail: 0 });
    segment.close();

    const half = segmentWith(vectors, {});
    for (let row = 0; row < 2_000; row += 2) half.remove(row);
    half.link(2_000);
    const { nodesByLevel, links } = half.stats();
    expect(nodesByLevel.length).toBeGreaterThan(1);
    expect(nodesByLevel.reduce((sum, count) => sum + count, 0)).toBe(1_000);
    expect(links).toBeGreaterThan(1_000 * 4);
    expect(links).toBeLessThan(1_000 * 40);
  });

  it("know a lonely node", () => {
    const segment = segmentWith([new Float32Array(16).fill(1)], {});
    segment.link(1);
    expect(segment.stats()).toMatchObject({ nodesByLevel: [1], links: 0, tail: 0 });
  });
});

describe("filters", () => {
  const next = embeddingLike(new SeededRandom(11), 64);
  const vectors = Array.from({ length: 8_000 }, next);
  const queries = Array.from({ length: 20 }, next);
  const segment = segmentWith(vectors, { metric: "l2" });
  segment.link(8_000);

  it.each([0.002, 0.01, 0.1, 0.5, 0.9])("keep recall where %d of the rows match at random", (share) => {
    const random = new SeededRandom(share * 1_000);
    const wanted = Array.from({ length: 8_000 }, () => random.nextFloat() < share);
    expect(
      meanRecall(segment, vectors, queries, 64, { isWanted: (row) => wanted[row]! }),
    ).toBeGreaterThanOrEqual(0.95);
  });

  it.each([
    ["nearest to", 0.01],
    ["nearest to", 0.1],
    ["nearest to", 0.5],
    ["furthest from", 0.01],
    ["furthest from", 0.1],
    ["furthest from", 0.5],
  ])("keep recall where those %s the query match, %d of all", (side, share) => {
    const recalls = queries.map((query) => {
      const order = [...segment.search(query, { k: 8_000, exact: true }).rows];
      if (side === "furthest from") order.reverse();
      const wanted = new Set(order.slice(0, share * 8_000));
      return meanRecall(segment, vectors, [query], 64, { isWanted: (row) => wanted.has(row) });
    });
    expect(recalls.reduce((sum, recall) => sum + recall, 0) / recalls.length).toBeGreaterThanOrEqual(0.95);
  });

  it("return nothing for an empty filter, and hold to a filter shorter than the segment", () => {
    const query = queries[0]!;
    const all = new Uint32Array(250).fill(0xffff_ffff);
    for (const exact of [true, false]) {
      for (const filter of [
        { words: new Uint32Array(250), rowCount: 8_000 },
        { words: all, rowCount: 0 },
      ]) {
        expect(segment.search(query, { k: 5, filter, exact }).rows).toHaveLength(0);
      }
      for (const rowCount of [32, 37]) {
        const { rows } = segment.search(query, { k: 40, filter: { words: all, rowCount }, exact });
        expect([...rows].sort((a, b) => a - b)).toEqual(Array.from({ length: rowCount }, (_, row) => row));
      }
    }
  });

  it("are refused where they lack bits, or speak of rows that are not there", () => {
    for (const exact of [true, false]) {
      for (const [length, rowCount] of [
        [249, 8_000],
        [251, 8_001],
      ] as const) {
        const filter = { words: new Uint32Array(length), rowCount };
        expect(() => segment.search(queries[0]!, { k: 5, filter, exact })).toThrow(AssertionError);
      }
    }
  });
});

describe("vectors of every kind keep recall", () => {
  const dimension = 100;
  const random = new SeededRandom(23);
  const gaussian = () => Float32Array.from({ length: dimension }, () => random.nextGaussian());
  const base = embeddingLike(random, dimension);
  const scaled = (scale: number) => () => base().map((component) => component * scale);
  const kinds: Readonly<Record<string, () => Float32Array>> = {
    huge: scaled(1e30),
    tiny: scaled(1e-30),
    "of lengths over six orders of magnitude": () => base().map((x) => x * 10 ** (random.nextFloat() * 6)),
    sparse: () => {
      const vector = new Float32Array(dimension);
      for (let i = 0; i < 4; i++) vector[random.nextInt(dimension)] = random.nextGaussian();
      return vector;
    },
    "with outlier dimensions": () => base().map((x, i) => (i < 3 ? x * 40 : x)),
    "of bytes": () => base().map((x) => Math.max(0, Math.min(255, Math.round(60 + 20 * x)))),
    "without structure": gaussian,
  };

  it.each(Object.keys(kinds).flatMap((kind) => metrics.map((metric) => [kind, metric] as [string, Metric])))(
    "%s, under %s",
    (kind, metric) => {
      const vectors = Array.from({ length: 1_500 }, kinds[kind]!);
      const queries = Array.from({ length: 20 }, kinds[kind]!);
      for (const quantization of ["int8", "none"] as const) {
        const segment = segmentWith(vectors, { metric, quantization });
        segment.link(1_500);
        expect(meanRecall(segment, vectors, queries, 400), quantization).toBeGreaterThanOrEqual(0.95);
      }
    },
  );

  it.each(metrics)("equal ones, zeros and duplicates, under %s", (metric) => {
    const same = new Float32Array(dimension).fill(3);
    const distinct = Array.from({ length: 300 }, base);
    const vectors = [
      ...Array.from({ length: 600 }, () => same),
      ...Array.from({ length: 100 }, () => new Float32Array(dimension)),
      ...distinct,
    ];
    const segment = segmentWith(vectors, { metric });
    segment.link(1_000);
    expect(meanRecall(segment, vectors, [same, ...distinct.slice(0, 20)], 200)).toBeGreaterThanOrEqual(0.95);
  });

  it("spends the codes' bits on what tells vectors apart, given their centre", () => {
    const center = new Float32Array(dimension).fill(0.5);
    const near = () => {
      const vector = gaussian().map((component, i) => 0.002 * component + center[i]!);
      return vector;
    };
    const vectors = Array.from({ length: 1_500 }, near);
    const queries = Array.from({ length: 20 }, near);
    const recallWith = (options: Partial<SegmentOptions>) => {
      const segment = segmentWith(vectors, { metric: "l2", ...options });
      segment.link(1_500);
      return meanRecall(segment, vectors, queries, 100);
    };
    const withCenter = recallWith({ center });
    expect(withCenter).toBeGreaterThan(recallWith({}));
    expect(withCenter).toBeGreaterThan(0.8);
  });
});

describe("threads", () => {
  it("link in parallel while rows are added, removed and searched", async () => {
    const next = embeddingLike(new SeededRandom(31), 48);
    const vectors = Array.from({ length: 6_000 }, next);
    const queries = Array.from({ length: 20 }, next);
    const segment = Segment.create(kernel, optionsOf({ dimension: 48, metric: "l2" }));
    const workers = [0, 1, 2].map(
      () =>
        new Worker(new URL("./linkWorker.test.worker.ts", import.meta.url), {
          workerData: { kernel, handle: segment.handle() },
        }),
    );
    try {
      await Promise.all(workers.map((worker) => once(worker, "message")));
      const dead = new Set<number>();
      for (let from = 0; from < 6_000; from += 200) {
        for (const vector of vectors.slice(from, from + 200)) segment.add(vector);
        segment.publish();
        segment.remove(from);
        dead.add(from);
        const shown = vectors.slice(0, from + 200);
        const query = queries[(from / 200) % queries.length]!;
        const { rows, scores } = segment.search(query, { k: 10, ef: 100 });
        expect([...rows].some((row) => dead.has(row))).toBe(false);
        expect(new Set(rows).size).toBe(10);
        expect(
          recallOf(
            scores,
            bestScores("l2", shown, query, 10, (row) => !dead.has(row)),
          ),
        ).toBeGreaterThan(0.6);
        await new Promise((resolve) => setImmediate(resolve));
      }
      while (segment.stats().tail > 0) await new Promise((resolve) => setTimeout(resolve, 5));
      for (const worker of workers) worker.postMessage("stop");
      const linked = await Promise.all(workers.map(async (worker) => (await once(worker, "message"))[0]));
      expect(linked.reduce((sum, count) => sum + count, 0)).toBe(6_000);
      expect(
        meanRecall(segment, vectors, queries, 100, { isWanted: (row) => !dead.has(row) }),
      ).toBeGreaterThan(0.95);
    } finally {
      await Promise.all(workers.map((worker) => worker.terminate()));
    }
  });

  it("stop a search and a builder by the flag", () => {
    const vectors = Array.from({ length: 200 }, embeddingLike(new SeededRandom(2), 32));
    const segment = segmentWith(vectors, {});
    Atomics.store(segment.stopFlag, 0, 1);
    expect(segment.link(100)).toBe(0);
    for (const query of [
      { k: 1 },
      { k: 1, exact: true },
      { k: 1, filter: { words: new Uint32Array(7).fill(1), rowCount: 200 } },
    ]) {
      expect(() => segment.search(vectors[0]!, query)).toThrow(
        expect.objectContaining({ code: "deadline_exceeded" }),
      );
    }
    Atomics.store(segment.stopFlag, 0, 0);
    expect(segment.link(100)).toBe(100);
    expect(segment.search(vectors[0]!, { k: 1 }).rows[0]).toBe(0);
  });

  it("share a bounded number of working spaces, and give them back", () => {
    const segment = Segment.create(kernel, optionsOf({}));
    const handle: SegmentHandle = segment.handle();
    const others = Array.from({ length: segmentThreadsMax - 1 }, () => Segment.open(kernel, handle));
    expect(() => Segment.open(kernel, handle)).toThrow(expect.objectContaining({ code: "unavailable" }));
    others[3]!.close();
    others[3]!.close();
    others[3] = Segment.open(kernel, handle);
    for (const each of [segment, ...others]) each.close();
  });

  it("leave those to others that are kept for them", () => {
    const segment = Segment.create(kernel, optionsOf({}));
    const handle: SegmentHandle = segment.handle();
    const guests = [14, 15].map((number) => Segment.open(kernel, handle, { number, firstSlot: 14 }));
    expect(() => Segment.open(kernel, handle, { number: 1, firstSlot: 14 })).toThrow(
      expect.objectContaining({ code: "unavailable" }),
    );
    const others = Array.from({ length: 13 }, () => Segment.open(kernel, handle));
    for (const each of [segment, ...guests, ...others]) each.close();
  });
});

describe("what a segment refuses", () => {
  it("names every bad option", () => {
    const bad = optionsOf({ dimension: 0, linksMax: 1, seed: -1, capacity: 1.5, metric: "l1" as Metric });
    expect(() => Segment.create(kernel, bad)).toThrow(
      expect.objectContaining({
        code: "invalid_argument",
        violations: ["dimension", "capacity", "linksMax", "seed", "metric"].map((path) =>
          expect.objectContaining({ path }),
        ),
      }),
    );
    expect(() => Segment.create(kernel, optionsOf({ dimension: 4_096, capacity: 10_000_000 }))).toThrow(
      /capacity: a segment of this shape holds about \d+ rows/,
    );
  });

  it("bad vectors, queries and rows", () => {
    const segment = segmentWith([new Float32Array(20).fill(1)], {});
    const vector = new Float32Array(20).fill(1);
    const paths: readonly [string, () => void][] = [
      ["vector", () => segment.add(new Float32Array(19))],
      ["vector[2]", () => segment.add(Float32Array.from(vector, (x, i) => (i === 2 ? Number.NaN : x)))],
      ["vector", () => segment.search(new Float32Array(21), { k: 1 })],
      ["k", () => segment.search(vector, { k: 0 })],
      ["ef", () => segment.search(vector, { k: 1, ef: 1.5 })],
      ["rescore", () => segment.search(vector, { k: 1, rescore: -1 })],
      ["row", () => segment.remove(1)],
      ["row", () => segment.vectorOf(-1)],
      ["most", () => segment.link(-1)],
    ];
    for (const [path, call] of paths) {
      expect(call).toThrow(expect.objectContaining({ violations: [expect.objectContaining({ path })] }));
    }
  });

  it("more rows than its capacity", () => {
    const segment = Segment.create(kernel, optionsOf({ dimension: 16, capacity: 2 }));
    const vector = new Float32Array(16).fill(1);
    segment.add(vector);
    segment.add(vector);
    expect(() => segment.add(vector)).toThrow(expect.objectContaining({ code: "quota_exceeded" }));
  });
});

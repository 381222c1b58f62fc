// Recall and time of filtered searches, where the rows that match are spread at random, are the nearest to the query, or
// the furthest from it.
//
//   npm run filters -- --dimension 128 --rows 50000
import { parseArgs } from "node:util";
import { SeededRandom } from "../../packages/base/dist/index.js";
import { type Dataset, embeddingLike, rowOf } from "./dataset.ts";
import { k, score } from "./engines.ts";
import { segmentOf } from "./segments.ts";

const { values: args } = parseArgs({
  options: {
    dimension: { type: "string", default: "128" },
    rows: { type: "string", default: "50000" },
    queries: { type: "string", default: "50" },
    ef: { type: "string", default: "64" },
  },
});
const rows = Number(args.rows);
const ef = Number(args.ef);
const data: Dataset = embeddingLike(Number(args.dimension), rows, Number(args.queries));
const segment = segmentOf(data, "int8");
segment.link(rows);
const random = new SeededRandom(1);
const repeats = 20;

const queries = Array.from({ length: Number(args.queries) }, (_, i) =>
  rowOf(data.queries, data.dimension, i),
);
/** All rows, nearest first, for each query. */
const orders = queries.map((query) => {
  const scores = Float64Array.from({ length: rows }, (_, row) =>
    score(false, query, data.vectors, row * data.dimension),
  );
  return Uint32Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]!);
});

function microseconds(search: (query: number) => void): number {
  for (let i = 0; i < queries.length; i++) search(i);
  const from = performance.now();
  for (let round = 0; round < repeats; round++) for (let i = 0; i < queries.length; i++) search(i);
  return ((performance.now() - from) / repeats / queries.length) * 1_000;
}

const unfiltered = microseconds((i) => segment.search(queries[i]!, { k, ef }));
console.log(`| matches | of all rows | recall@10 | µs | unfiltered µs |\n|---|--:|--:|--:|--:|`);
for (const where of ["random", "nearest", "furthest"] as const) {
  for (const share of [0.01, 0.1, 0.5]) {
    const matches = orders.map((order) => {
      if (where === "random") return order.filter(() => random.nextFloat() < share);
      const count = Math.round(rows * share);
      return where === "nearest" ? order.subarray(0, count) : order.subarray(rows - count);
    });
    const filters = matches.map((each) => {
      const bits = new Uint32Array(Math.ceil(rows / 32));
      for (const row of each) bits[row >>> 5]! |= 1 << (row & 31);
      return { words: bits, rowCount: rows };
    });
    let hits = 0;
    for (const [i, query] of queries.entries()) {
      const best = new Set(matches[i]!.subarray(0, k));
      const found = segment.search(query, { k, ef, filter: filters[i]! }).rows;
      hits += found.filter((row) => best.has(row)).length;
    }
    const time = microseconds((i) => segment.search(queries[i]!, { k, ef, filter: filters[i]! }));
    const recall = hits / (queries.length * k);
    console.log(
      `| ${where} | ${share} | ${recall.toFixed(3)} | ${time.toFixed(0)} | ${unfiltered.toFixed(0)} |`,
    );
  }
}

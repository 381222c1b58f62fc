// Recall and queries per second of the vector engine beside its peers: same data, same process, in turns.
//
//   npm run bench -- --sets 128,512,768,mnist --rows 100000 --rounds 5 --only akidb
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Quantization, Segment } from "../../packages/kernel/dist/index.js";
import { type Dataset, embeddingLike, mnist, rowOf } from "./dataset.ts";
import { akidb, type Engine, hnswlib, k, score, seconds, usearch } from "./engines.ts";
import { type Curve, markdown, type Report } from "./report.ts";
import { baseKernel, segmentOf } from "./segments.ts";

const { values: args } = parseArgs({
  options: {
    sets: { type: "string", default: "128,512,768,mnist" },
    rows: { type: "string", default: "100000" },
    rounds: { type: "string", default: "5" },
    /** Milliseconds of searching per engine, ef and round. */
    slice: { type: "string", default: "150" },
    efs: { type: "string", default: "10,15,20,30,45,70,110,170" },
    only: { type: "string", default: "" },
    out: { type: "string", default: "../results/engine" },
  },
});
const here = new URL(".", import.meta.url);
const cache = fileURLToPath(new URL(".build/indexes", here));
const efs = args.efs.split(",").map(Number);
const queryCount = 1_000;

/** The int8 graph of the dataset at hand, which both builds of the kernel search. */
let int8Graph: Segment | undefined;

function built(name: string, data: Dataset, quantization: Quantization, rescore: number): Engine {
  let segment: Segment | undefined;
  const buildSeconds = seconds(() => {
    segment = segmentOf(data, quantization);
    segment.link(segment.rowCount);
  });
  if (quantization === "int8") int8Graph = segment;
  return akidb(name, segment!, data, rescore, buildSeconds);
}

function onBaseBuild(name: string, data: Dataset): Engine | undefined {
  if (int8Graph === undefined) return undefined;
  return akidb(name, Segment.open(baseKernel, int8Graph.handle()), data, 30, undefined);
}

function loadDataset(name: string): Dataset | undefined {
  if (name === "mnist") return mnist(new URL("../../../shared/data/mnist/", here), Number(args.rows));
  return embeddingLike(Number(name), Number(args.rows), queryCount);
}

function enginesFor(data: Dataset): Engine[] {
  const wanted = (name: string) =>
    args.only === "" || args.only.split(",").some((part) => name.includes(part));
  const makers: readonly [string, (name: string) => Engine | undefined][] = [
    ["akidb int8 relaxed", (name) => built(name, data, "int8", 30)],
    ["akidb int8 base", (name) => onBaseBuild(name, data)],
    ["akidb none relaxed", (name) => built(name, data, "none", k)],
    ["akidb binary relaxed", (name) => built(name, data, "binary", 1_000)],
    ["hnswlib native", (name) => hnswlib(name, new URL(".build/native/", here), data, cache, true)],
    ["hnswlib npm", (name) => hnswlib(name, here, data, cache, false)],
    ["usearch f32", (name) => usearch(name, data, "f32", 0, efs, cache)],
    ["usearch i8 rescored", (name) => usearch(name, data, "i8", 30, efs, cache)],
  ];
  return makers.flatMap(([name, make]) => {
    if (!wanted(name)) return [];
    const engine = make(name);
    if (engine === undefined) console.error(`${name}: not there, left out (npm run peers)`);
    else
      console.error(
        `${data.name}: ${name} built in ${engine.buildSeconds?.toFixed(1) ?? "an earlier run"} s`,
      );
    return engine === undefined ? [] : [engine];
  });
}

/** Scores of the true 10th nearest: what is found counts if it is as near, whichever of equals it is. */
function thresholds(data: Dataset): Float64Array {
  const { dimension, metric, vectors, queries } = data;
  const segment = segmentOf(data, "none");
  const out = Float64Array.from({ length: queries.length / dimension }, (_, i) => {
    const { rows: nearest } = segment.search(rowOf(queries, dimension, i), { k, exact: true });
    return score(metric === "l2", rowOf(queries, dimension, i), vectors, nearest[k - 1]! * dimension);
  });
  segment.close();
  return out;
}

function recallOf(engine: Engine, data: Dataset, least: Float64Array): number {
  let hits = 0;
  for (let i = 0; i < least.length; i++) {
    const query = rowOf(data.queries, data.dimension, i);
    for (const row of Array.from(engine.search(i))) {
      if (score(data.metric === "l2", query, data.vectors, row * data.dimension) >= least[i]! - 1e-9)
        hits += 1;
    }
  }
  return hits / (least.length * k);
}

function queriesPerSecond(engine: Engine, count: number): number {
  const from = performance.now();
  let done = 0;
  let elapsed = 0;
  do {
    for (let i = 0; i < 100; i++) engine.search((done + i) % count);
    done += 100;
    elapsed = performance.now() - from;
  } while (elapsed < Number(args.slice));
  return (done / elapsed) * 1_000;
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

function measure(data: Dataset): { dataset: string; rows: number; curves: Curve[] } {
  const least = thresholds(data);
  const engines = enginesFor(data);
  const recalls = engines.map((engine) =>
    efs.map((ef) => {
      engine.useEf(ef);
      return recallOf(engine, data, least);
    }),
  );
  const rates = engines.map(() => efs.map((): number[] => []));
  for (let round = 0; round < Number(args.rounds); round++) {
    for (const [e, ef] of efs.entries()) {
      for (const [n, engine] of engines.entries()) {
        engine.useEf(ef);
        rates[n]![e]!.push(queriesPerSecond(engine, least.length));
      }
    }
  }
  const rows = data.vectors.length / data.dimension;
  return {
    dataset: data.name,
    rows,
    curves: engines.map(({ name, buildSeconds }, n) => ({
      name,
      buildRowsPerSecond: buildSeconds === undefined ? null : rows / buildSeconds,
      points: efs.map((ef, e) => ({ ef, recall: recalls[n]![e]!, queriesPerSecond: median(rates[n]![e]!) })),
    })),
  };
}

const report: Report = { node: process.version, arch: process.arch, sets: [] };
for (const name of args.sets.split(",")) {
  const data = loadDataset(name);
  if (data === undefined) console.error(`${name}: no data, left out`);
  else report.sets.push(measure(data));
}
const out = fileURLToPath(new URL(args.out, here));
mkdirSync(fileURLToPath(new URL("..", new URL(`${args.out}/x`, here))), { recursive: true });
writeFileSync(`${out}.json`, JSON.stringify(report, undefined, 1));
writeFileSync(`${out}.md`, markdown(report));
console.log(markdown(report));

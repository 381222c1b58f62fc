import { existsSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import type { Segment } from "../../packages/kernel/dist/index.js";
import { type Dataset, rowOf } from "./dataset.ts";

export const k = 10;
export const linksMax = 16;
export const efConstruction = 200;

/** One engine over one dataset. */
export interface Engine {
  readonly name: string;
  /** Seconds that the index took to build on one thread; undefined where it was read from an earlier run. */
  readonly buildSeconds: number | undefined;
  /** Makes searches use `ef`. */
  readonly useEf: (ef: number) => void;
  /** The rows found for query `i`. */
  readonly search: (query: number) => ArrayLike<number>;
}

export const seconds = (work: () => void): number => {
  const from = performance.now();
  work();
  return (performance.now() - from) / 1_000;
};

/** Over a segment that is linked already. */
export function akidb(
  name: string,
  segment: Segment,
  data: Dataset,
  rescore: number,
  buildSeconds: number | undefined,
): Engine {
  const queries = queriesOf(data);
  let ef = k;
  return {
    name,
    buildSeconds,
    useEf: (wanted) => {
      ef = wanted;
    },
    search: (query) =>
      segment.search(queries[query]!, { k, ef, rescore: Math.max(k, Math.min(ef, rescore)) }).rows,
  };
}

const queriesOf = ({ queries, dimension }: Dataset): Float32Array[] =>
  Array.from({ length: queries.length / dimension }, (_, i) => rowOf(queries, dimension, i));

interface HnswlibIndex {
  initIndex(options: { maxElements: number; m: number; efConstruction: number; randomSeed: number }): void;
  addPoint(vector: readonly number[], label: number): void;
  searchKnn(vector: readonly number[], k: number): { neighbors: number[] };
  setEf(ef: number): void;
  readIndexSync(file: string): void;
  writeIndexSync(file: string): void;
}

/** @param from the folder whose node_modules has the build wanted */
export function hnswlib(
  name: string,
  from: URL,
  data: Dataset,
  cache: string,
  build: boolean,
): Engine | undefined {
  const file = `${cache}/hnswlib-${data.name.replaceAll(" ", "-")}-${data.vectors.length}`;
  if (!existsSync(new URL("node_modules/hnswlib-node", from)) || (!build && !existsSync(file)))
    return undefined;
  const { HierarchicalNSW } = createRequire(from)("hnswlib-node") as {
    HierarchicalNSW: new (space: string, dimension: number) => HnswlibIndex;
  };
  const { dimension, vectors } = data;
  const index = new HierarchicalNSW(data.metric === "l2" ? "l2" : "ip", dimension);
  const queries = queriesOf(data).map((query) => Array.from(query));
  let buildSeconds: number | undefined;
  if (existsSync(file)) {
    index.readIndexSync(file);
  } else {
    const rows = vectors.length / dimension;
    index.initIndex({ maxElements: rows, m: linksMax, efConstruction, randomSeed: 100 });
    const arrays = Array.from({ length: rows }, (_, row) => Array.from(rowOf(vectors, dimension, row)));
    buildSeconds = seconds(() => {
      for (const [row, vector] of arrays.entries()) index.addPoint(vector, row);
    });
    mkdirSync(cache, { recursive: true });
    index.writeIndexSync(file);
  }
  return {
    name,
    buildSeconds,
    useEf: (ef) => index.setEf(ef),
    search: (query) => index.searchKnn(queries[query]!, k).neighbors,
  };
}

interface UsearchIndex {
  add(keys: BigUint64Array, vectors: Float32Array, threads: number): void;
  search(vectors: Float32Array, k: number, threads: number): { keys: BigUint64Array };
  save(file: string): void;
  load(file: string): void;
}

/** @param rescored how many candidates are ranked exactly, in JavaScript; 0 for none */
export function usearch(
  name: string,
  data: Dataset,
  quantization: "f32" | "i8",
  rescored: number,
  efs: readonly number[],
  cache: string,
): Engine {
  const { Index } = createRequire(import.meta.url)("usearch") as {
    Index: new (options: Record<string, unknown>) => UsearchIndex;
  };
  const { dimension, vectors, metric } = data;
  const file = `${cache}/usearch-${quantization}-${data.name.replaceAll(" ", "-")}-${vectors.length}`;
  const make = (ef: number) =>
    new Index({
      ...{ dimensions: dimension, metric: metric === "l2" ? "l2sq" : "ip", quantization, multi: false },
      ...{ connectivity: linksMax, expansion_add: efConstruction, expansion_search: ef },
    });
  let buildSeconds: number | undefined;
  if (!existsSync(file)) {
    const index = make(efs[0]!);
    const keys = BigUint64Array.from({ length: vectors.length / dimension }, (_, row) => BigInt(row));
    buildSeconds = seconds(() => index.add(keys, vectors, 1));
    mkdirSync(cache, { recursive: true });
    index.save(file);
  }
  const byEf = new Map(
    efs.map((ef) => {
      const index = make(ef);
      index.load(file);
      return [ef, index];
    }),
  );
  const queries = queriesOf(data);
  let index = byEf.get(efs[0]!)!;
  let found = k;
  return {
    name,
    buildSeconds,
    useEf: (ef) => {
      index = byEf.get(ef)!;
      found = Math.max(k, Math.min(ef, rescored));
    },
    search: (query) => {
      const keys = Array.from(index.search(queries[query]!, found, 1).keys, Number);
      return rescored === 0 ? keys : nearestOf(keys, data, queries[query]!);
    },
  };
}

function nearestOf(
  rows: readonly number[],
  { vectors, dimension, metric }: Dataset,
  query: Float32Array,
): number[] {
  const scored = rows.map((row) => ({ row, score: score(metric === "l2", query, vectors, row * dimension) }));
  return scored
    .sort((a, b) => b.score - a.score)
    .slice(0, k)
    .map(({ row }) => row);
}

/** Inner product or negative squared distance; four sums, as fast as plain JavaScript is. */
export function score(isL2: boolean, query: Float32Array, vectors: Float32Array, at: number): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let i = 0; i < query.length; i += 4) {
    const [w, x, y, z] = [vectors[at + i]!, vectors[at + i + 1]!, vectors[at + i + 2]!, vectors[at + i + 3]!];
    if (isL2) {
      a -= (query[i]! - w) ** 2;
      b -= (query[i + 1]! - x) ** 2;
      c -= (query[i + 2]! - y) ** 2;
      d -= (query[i + 3]! - z) ** 2;
    } else {
      a += query[i]! * w;
      b += query[i + 1]! * x;
      c += query[i + 2]! * y;
      d += query[i + 3]! * z;
    }
  }
  return a + b + (c + d);
}

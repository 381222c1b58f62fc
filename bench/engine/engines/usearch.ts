import { existsSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { type Dataset, queriesOf, rowsOf } from "../dataset.ts";
import { exactScore } from "../exactScore.ts";
import { indexFile, indexFolder, npmFolder } from "../folders.ts";
import { efsOfFloats } from "./efs.ts";
import { type Engine, efConstruction, inProcess, k } from "./engine.ts";

/** What is used of the package `usearch`, which may not be installed. */
interface UsearchIndex {
  add(keys: BigUint64Array, vectors: Float32Array, threads: number): void;
  search(vectors: Float32Array, k: number, threads: number): { keys: BigUint64Array };
  save(file: string): void;
  load(file: string): void;
}

/** Candidates of its byte codes that are ranked exactly, in JavaScript. */
const rescored = 30;

export interface Usearch {
  readonly name: string;
  readonly data: Dataset;
  readonly linksMax: number;
  readonly quantization: "f32" | "i8";
}

export function usearch({ name, data, linksMax, quantization }: Usearch): Engine | undefined {
  if (!existsSync(`${npmFolder}/node_modules/usearch`)) return undefined;
  const { Index } = createRequire(`${npmFolder}/`)("usearch") as {
    Index: new (options: Record<string, unknown>) => UsearchIndex;
  };
  const open = (ef: number) =>
    new Index({
      ...{ dimensions: data.dimension, metric: data.metric === "l2" ? "l2sq" : "ip", quantization },
      ...{ connectivity: linksMax, expansion_add: efConstruction, expansion_search: ef, multi: false },
    });
  const file = indexFile(`usearch-${quantization}`, data, linksMax);
  if (!existsSync(file)) build(open(k), data, file);
  // It takes `ef` when it is made, and no other later.
  const byEf = new Map(
    efsOfFloats.map((ef) => {
      const index = open(ef);
      index.load(file);
      return [ef, index];
    }),
  );
  const queries = queriesOf(data);
  let index = byEf.get(efsOfFloats[0]!)!;
  let found = k;
  return inProcess({
    name,
    efs: efsOfFloats,
    queryCount: queries.length,
    useEf: (ef) => {
      index = byEf.get(ef)!;
      found = quantization === "f32" ? k : Math.max(k, Math.min(ef, rescored));
    },
    search: (query) => {
      const keys = Array.from(index.search(queries[query]!, found, 1).keys, Number);
      return quantization === "f32" ? keys : nearestOf(keys, data, queries[query]!);
    },
  });
}

function build(index: UsearchIndex, data: Dataset, file: string): void {
  console.error(`building ${file}`);
  mkdirSync(indexFolder, { recursive: true });
  const keys = BigUint64Array.from({ length: rowsOf(data) }, (_, row) => BigInt(row));
  index.add(keys, data.vectors, 2);
  index.save(file);
}

function nearestOf(rows: readonly number[], data: Dataset, query: Float32Array): number[] {
  const scored = rows.map((row) => ({ row, score: exactScore(data, query, row) }));
  return scored
    .sort((a, b) => b.score - a.score)
    .slice(0, k)
    .map(({ row }) => row);
}

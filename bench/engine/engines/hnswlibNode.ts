import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { type Dataset, queriesOf } from "../dataset.ts";
import { efsOfFloats } from "./efs.ts";
import { type Engine, inProcess, k } from "./engine.ts";
import { hnswlibIndex } from "./hnswlibCpp.ts";

/** What is used of the package `hnswlib-node`, which may not be installed. */
interface HnswlibIndex {
  searchKnn(vector: readonly number[], k: number): { neighbors: number[] };
  setEf(ef: number): void;
  readIndexSync(file: string): void;
}

export interface HnswlibNode {
  readonly name: string;
  readonly data: Dataset;
  readonly linksMax: number;
  /** Whose `node_modules` has the build wanted: as npm gives it, or compiled for this machine. */
  readonly from: string;
}

/** All builds read the index that C++ built. */
export async function hnswlibNode({ name, data, linksMax, from }: HnswlibNode): Promise<Engine | undefined> {
  const file = await hnswlibIndex(data, linksMax);
  if (file === undefined || !existsSync(`${from}/node_modules/hnswlib-node`)) return undefined;
  const { HierarchicalNSW } = createRequire(`${from}/`)("hnswlib-node") as {
    HierarchicalNSW: new (space: string, dimension: number) => HnswlibIndex;
  };
  const index = new HierarchicalNSW(data.metric === "l2" ? "l2" : "ip", data.dimension);
  index.readIndexSync(file);
  // Its interface takes plain arrays; they are made before the clock runs.
  const queries = queriesOf(data).map((query) => Array.from(query));
  return inProcess({
    name,
    efs: efsOfFloats,
    queryCount: queries.length,
    useEf: (ef) => index.setEf(ef),
    search: (query) => index.searchKnn(queries[query]!, k).neighbors,
  });
}

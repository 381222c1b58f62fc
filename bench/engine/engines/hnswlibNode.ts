import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { type Dataset, queriesOf } from "../dataset.ts";
import { nativeFolder, npmFolder } from "../folders.ts";
import { efsOfFloats } from "./efs.ts";
import { type Engine, inProcess, k } from "./engine.ts";
import { hnswlibIndex } from "./hnswlibCpp.ts";

/** What is used of the package `hnswlib-node`, which may not be installed. */
interface HnswlibIndex {
  searchKnn(vector: readonly number[], k: number): { neighbors: number[] };
  setEf(ef: number): void;
  readIndexSync(file: string): void;
}

/** As npm gives it, or the same package compiled for this machine; both read the index that C++ built. */
export async function hnswlibNode(
  data: Dataset,
  linksMax: number,
  build: "npm" | "native",
): Promise<Engine | undefined> {
  const from = build === "native" ? nativeFolder : npmFolder;
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
    name: build === "native" ? "hnswlib-node rebuilt" : "hnswlib-node",
    efs: efsOfFloats,
    queryCount: queries.length,
    useEf: (ef) => index.setEf(ef),
    search: (query) => index.searchKnn(queries[query]!, k).neighbors,
  });
}

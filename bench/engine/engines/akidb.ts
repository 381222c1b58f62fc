import type { Segment } from "@akidb/kernel";
import { type Dataset, queriesOf } from "../dataset.ts";
import { type Engine, inProcess, k } from "./engine.ts";

export interface AkidbEngine {
  readonly name: string;
  readonly segment: Segment;
  readonly efs: readonly number[];
  /** Candidates ranked exactly at the end, at most. */
  readonly rescore: number;
}

/** Over a segment that is linked already. */
export function akidb(data: Dataset, { name, segment, efs, rescore }: AkidbEngine): Engine {
  const queries = queriesOf(data);
  let ef = k;
  return inProcess({
    name,
    efs,
    queryCount: queries.length,
    useEf: (wanted) => {
      ef = wanted;
    },
    search: (query) =>
      segment.search(queries[query]!, { k, ef, rescore: Math.max(k, Math.min(ef, rescore)) }).rows,
    close: () => segment.close(),
  });
}

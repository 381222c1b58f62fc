import { assert } from "@akidb/base";
import type { KernelExports } from "./kernelExports.ts";
import * as methods from "./searchMethods.ts";

/**
 * How a search went about it. `exact`: every row allowed was compared by its vector. `scan`: by its code, and the nearest
 * by their vectors. `graph`: a walk through the graph. `checked_walk`: the same, counting only rows that the filter allows.
 * `match_walk`: a walk from one row that the filter allows to the next.
 */
export type SearchMethod = "exact" | "scan" | "graph" | "checked_walk" | "match_walk";

/** What a search took. */
export interface SearchEffort {
  readonly method: SearchMethod;
  /** Live rows that it was allowed to return. */
  readonly matches: number;
  /** Rows compared by their codes. */
  readonly codeDistances: number;
  /** Rows compared by their vectors, in double precision. */
  readonly exactDistances: number;
}

const methodNames: ReadonlyMap<number, SearchMethod> = new Map([
  [methods.graphWalk, "graph"],
  [methods.matchScan, "scan"],
  [methods.checkedWalk, "checked_walk"],
  [methods.matchWalk, "match_walk"],
]);

/** Of the last search by codes. */
export function readEffort(exports: KernelExports, exactDistances: number): SearchEffort {
  const method = methodNames.get(exports.searchMethod());
  assert(method !== undefined, "a search has a method");
  return {
    method,
    matches: exports.matchedRows(),
    codeDistances: exports.rankedRows(),
    exactDistances,
  };
}

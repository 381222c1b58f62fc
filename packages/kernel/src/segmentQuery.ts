import { assert, invalidArguments, limits } from "@akidb/base";
import type { RowFilter } from "./rowFilter.ts";
import { poolKeysMax } from "./scratchShape.ts";

export interface SegmentQuery {
  readonly k: number;
  /** Candidates that the walk keeps, from `k` up; more find more and take longer. 64 if not given. */
  readonly ef?: number;
  /**
   * Candidates that may be ranked exactly at the end, from `k` up; fewer are where their codes leave no doubt. 2 k + 10
   * if not given, and never more than `ef`; with a filter, also those that codes cannot tell from them.
   */
  readonly rescore?: number;
  readonly filter?: RowFilter;
  /** Look at every row instead of walking the graph. */
  readonly exact?: boolean;
}

export const efMax = 4 * limits.topKMax;
const efDefault = 64;
assert(efMax < poolKeysMax, "a walk's candidates fit its pool");

export interface SearchWidth {
  readonly ef: number;
  readonly rescored: number;
}

/** @throws AkiDbError `invalid_argument` that names every bad number */
export function searchWidth({ k, ef, rescore }: SegmentQuery): SearchWidth {
  if (!isInteger(k, limits.topKMax) || !isInteger(ef ?? 1, efMax) || !isInteger(rescore ?? 1, efMax)) {
    throw invalidArguments([
      ...integerViolation("k", k, limits.topKMax),
      ...integerViolation("ef", ef ?? 1, efMax),
      ...integerViolation("rescore", rescore ?? 1, efMax),
    ]);
  }
  const kept = Math.max(k, ef ?? efDefault);
  return { ef: kept, rescored: Math.min(kept, Math.max(k, rescore ?? 2 * k + 10)) };
}

const isInteger = (value: number, max: number): boolean =>
  Number.isInteger(value) && value >= 1 && value <= max;

const integerViolation = (path: string, value: number, max: number) =>
  isInteger(value, max) ? [] : [{ path, detail: `must be an integer from 1 to ${max}` }];

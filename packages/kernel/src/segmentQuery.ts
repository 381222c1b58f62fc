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
  /** Neither ranks nor scores by the vectors: what codes say is the answer. Not of exact searches, nor around a centre. */
  readonly byCodes?: boolean;
  /** Rows that may be compared by their codes, about; any number if not given. Not of exact searches. */
  readonly codeDistancesMax?: number;
  readonly filter?: RowFilter;
  /** The filter is of {@link Segment.candidates}: rows that have died since are found even so. Not of exact searches. */
  readonly asOfFilter?: boolean;
  /** Look at every row instead of walking the graph. */
  readonly exact?: boolean;
}

export const efMax = 4 * limits.topKMax;
const efDefault = 64;
const rankedMaxDefault = 2 ** 32 - 1;
assert(efMax < poolKeysMax, "a walk's candidates fit its pool");

export interface SearchWidth {
  readonly ef: number;
  readonly rescored: number;
  readonly rankedMax: number;
}

/** @throws AkiDbError `invalid_argument` that names every bad number */
export function searchWidth({
  k,
  ef,
  rescore,
  codeDistancesMax = rankedMaxDefault,
}: SegmentQuery): SearchWidth {
  if (!isInteger(k, limits.topKMax) || !isInteger(ef ?? 1, efMax) || !isInteger(rescore ?? 1, efMax)) {
    throw invalidArguments([
      ...integerViolation("k", k, limits.topKMax),
      ...integerViolation("ef", ef ?? 1, efMax),
      ...integerViolation("rescore", rescore ?? 1, efMax),
    ]);
  }
  const kept = Math.max(k, ef ?? efDefault);
  return {
    ef: kept,
    rescored: Math.min(kept, Math.max(k, rescore ?? 2 * k + 10)),
    rankedMax: Math.min(codeDistancesMax, rankedMaxDefault),
  };
}

const isInteger = (value: number, max: number): boolean =>
  Number.isInteger(value) && value >= 1 && value <= max;

const integerViolation = (path: string, value: number, max: number) =>
  isInteger(value, max) ? [] : [{ path, detail: `must be an integer from 1 to ${max}` }];

import { cancelled } from "./scratch";

// What the running search has done so far, and whether it has done enough.

/** Rows ranked by their codes. */
export let ranked: u32 = 0;
/** Live rows that the filter allows. */
export let matches: u32 = 0;
/** One of `searchMethods.ts`. */
export let method: u32 = 0;
let rankedMax: u32 = 0;

/** @param most rows that may be ranked, about: it is looked at between two batches */
export function startEffort(most: u32): void {
  ranked = 0;
  rankedMax = most;
}

/** Lets the search that was stopped go on. */
export function extendEffort(more: u32): void {
  rankedMax = ranked + min(more, u32.MAX_VALUE - ranked);
}

export function noteMatches(count: u32): void {
  matches = count;
}

export function noteMethod(way: u32): void {
  method = way;
}

// @ts-ignore: decorator
@inline
export function countRanked(count: u32): void {
  ranked += count;
}

/** Whether somebody wants the search to stop, or it has ranked as many rows as it may. */
// @ts-ignore: decorator
@inline
export function mustStop(): bool {
  return atomic.load<i32>(cancelled) != 0 || ranked > rankedMax;
}

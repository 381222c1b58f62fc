import { assertNever } from "@akidb/base";
import type { Pooling } from "./modelSettings.ts";

/** States of a batch's tokens: `rows × length × dimension`, row-major. */
export interface TokenStates {
  readonly data: Float32Array;
  readonly length: number;
  readonly dimension: number;
}

/** @param tokens of the row; what follows them fills it up */
export function pooledRow(
  { data, length, dimension }: TokenStates,
  row: number,
  tokens: number,
  pooling: Pooling,
): Float32Array {
  const state = (token: number): Float32Array => {
    const start = (row * length + token) * dimension;
    return data.subarray(start, start + dimension);
  };
  switch (pooling) {
    case "cls":
      return state(0);
    case "last":
      return state(tokens - 1);
    case "mean":
      return mean(Array.from({ length: tokens }, (_, token) => state(token)));
    default:
      return assertNever(pooling);
  }
}

function mean(states: readonly Float32Array[]): Float32Array {
  const sums = new Float64Array(states[0]?.length ?? 0);
  for (const state of states) {
    for (let i = 0; i < sums.length; i++) sums[i]! += state[i]!;
  }
  return Float32Array.from(sums, (sum) => sum / states.length);
}

import type { Bounds } from "../filter/filter.ts";

/** The least and the greatest number within bounds. */
export function endsOf({ lower, upper }: Bounds<number>): readonly [from: number, to: number] {
  return [
    lower === undefined ? Number.NEGATIVE_INFINITY : lower.isInclusive ? lower.value : above(lower.value),
    upper === undefined ? Number.POSITIVE_INFINITY : upper.isInclusive ? upper.value : below(upper.value),
  ];
}

const cell = new Float64Array(1);
const bits = new BigInt64Array(cell.buffer);

/** The next number that a double can hold. */
function above(value: number): number {
  if (value === 0) return Number.MIN_VALUE;
  cell[0] = value;
  bits[0]! += value > 0 ? 1n : -1n;
  return cell[0];
}

const below = (value: number): number => -above(-value);

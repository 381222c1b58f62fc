import { assertNever, type Deadline } from "@akidb/base";
import type { Scalar } from "../filter/filter.ts";
import { FirstInOrder } from "./firstInOrder.ts";
import { Turns } from "./turns.ts";
import type { ValueCounts } from "./valueCounts.ts";

export interface ValueCount {
  readonly value: Scalar;
  /** Documents that have it. */
  readonly count: number;
}

const valuesPerSlice = 20_000;

/**
 * Most frequent first; equally frequent ones in the order of their values: false, true, numbers, texts, null.
 *
 * @throws what the deadline throws
 */
export async function mostFrequent(
  counts: ValueCounts,
  limit: number,
  deadline: Deadline,
): Promise<readonly ValueCount[]> {
  const first = new FirstInOrder<ValueCount>(limit, compareCounts);
  const turns = new Turns(valuesPerSlice, deadline);
  for (const [value, count] of counts.entries()) {
    first.add({ value, count });
    if (turns.isDue()) await turns.next();
  }
  return first.items();
}

const compareCounts = (a: ValueCount, b: ValueCount): number =>
  b.count - a.count || compareScalars(a.value, b.value);

function compareScalars(a: Scalar, b: Scalar): number {
  const byType = typeRank(a) - typeRank(b);
  if (byType !== 0 || a === null || b === null || a === b) return byType;
  return a < b ? -1 : 1;
}

function typeRank(value: Scalar): number {
  switch (typeof value) {
    case "boolean":
      return 0;
    case "number":
      return 1;
    case "string":
      return 2;
    case "object":
      return 3;
    default:
      return assertNever(value);
  }
}

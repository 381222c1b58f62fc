import { assertNever } from "@akidb/base";
import type { FieldTest, Filter, Scalar } from "../filter/filter.ts";
import { parseInstant } from "../filter/instant.ts";
import { endsOf } from "./endsOf.ts";
import type { FieldIndex } from "./fieldIndex.ts";
import { effortNs, FindEffort } from "./findEffort.ts";
import type { PayloadIndex } from "./payloadIndex.ts";

/** Of texts and points where only a look at each would tell how many pass. */
const guessedShare = 0.1;

/**
 * About how many rows pass a filter, by what can be counted without looking at them: exact for one condition on equality or
 * a range while nothing was removed, and of several that have to hold the least. What is behind the effort is guessed.
 */
export function estimateMatches(
  filter: Filter,
  index: PayloadIndex,
  rowCount: number,
  effort = new FindEffort(),
): number {
  switch (filter.kind) {
    case "and":
      return Math.min(
        rowCount,
        ...filter.filters.map((each) => estimateMatches(each, index, rowCount, effort)),
      );
    case "or": {
      const counts = filter.filters.map((each) => estimateMatches(each, index, rowCount, effort));
      return Math.min(
        rowCount,
        counts.reduce((sum, count) => sum + count, 0),
      );
    }
    case "not":
      return Math.max(0, rowCount - estimateMatches(filter.filter, index, rowCount, effort));
    case "field": {
      const field = index.field(filter.path);
      if (field === undefined) return 0;
      if (effort.isSpent) return Math.ceil(field.rowCount * guessedShare);
      effort.spend(effortNs.operand * (filter.test.kind === "equals" ? filter.test.operands.length : 1));
      return Math.min(field.rowCount, countPassing(field, filter.test));
    }
    default:
      return assertNever(filter);
  }
}

function countPassing(field: FieldIndex, test: FieldTest): number {
  const { strings, numbers, instants, points } = field.parts;
  switch (test.kind) {
    case "exists":
      return field.rowCount;
    case "equals":
      return test.operands.reduce((sum: number, operand) => sum + countEqual(field, operand), 0);
    case "range":
      if (test.of === "string") return Math.ceil((strings?.count ?? 0) * guessedShare);
      return (test.of === "number" ? numbers : instants)?.countIn(...endsOf(test.bounds)) ?? 0;
    case "contains":
    case "prefix":
      return Math.ceil((strings?.count ?? 0) * guessedShare);
    case "geoRadius":
    case "geoBox":
      return Math.ceil((points?.count ?? 0) * guessedShare);
    default:
      return assertNever(test);
  }
}

function countEqual(field: FieldIndex, operand: Scalar): number {
  const { nulls, trues, falses, keywords, numbers, instants } = field.parts;
  switch (typeof operand) {
    case "number":
      return numbers?.countIn(operand, operand) ?? 0;
    case "boolean":
      return (operand ? trues : falses).count;
    case "string": {
      const instant = parseInstant(operand);
      const asInstant = instant === undefined ? 0 : (instants?.countIn(instant, instant) ?? 0);
      return Math.max(keywords?.countEqual(operand) ?? 0, asInstant);
    }
    case "object":
      return nulls.count;
    default:
      return 0;
  }
}

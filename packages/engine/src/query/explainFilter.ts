import { assertNever, type FilterCondition } from "@akidb/base";
import { formatFieldPath } from "../filter/fieldPath.ts";
import type { FieldTest, Filter } from "../filter/filter.ts";
import { estimateMatches } from "../payload/estimateMatches.ts";
import { FindEffort } from "../payload/findEffort.ts";
import type { PayloadIndex } from "../payload/payloadIndex.ts";
import { isExact } from "../payload/rowSets.ts";

/** Each condition of a filter, in its order: whether the indexes tell of every row, and about how many of these pass. */
export function explainFilter(
  filter: Filter,
  index: PayloadIndex,
  rowCount: number,
  effort = { find: new FindEffort(), estimate: new FindEffort() },
): readonly FilterCondition[] {
  switch (filter.kind) {
    case "and":
    case "or":
      return filter.filters.flatMap((each) => explainFilter(each, index, rowCount, effort));
    case "not":
      return explainFilter(filter.filter, index, rowCount, effort);
    case "field":
      return [
        {
          field: formatFieldPath(filter.path),
          test: nameOf(filter.test),
          source: isExact(index.find(filter, rowCount, effort.find)) ? "index" : "documents",
          estimatedMatches: estimateMatches(filter, index, rowCount, effort.estimate),
        },
      ];
    default:
      return assertNever(filter);
  }
}

/** As callers know it; values are none of an explanation's business. */
function nameOf(test: FieldTest): string {
  switch (test.kind) {
    case "exists":
      return "$exists";
    case "equals":
      return test.operands.length === 1 ? "$eq" : "$in";
    case "range": {
      const { lower, upper } = test.bounds;
      const bounds = [
        lower && (lower.isInclusive ? "$gte" : "$gt"),
        upper && (upper.isInclusive ? "$lte" : "$lt"),
      ];
      return bounds.filter((bound) => bound !== undefined).join(" ");
    }
    case "contains":
      return "$contains";
    case "prefix":
      return "$prefix";
    case "geoRadius":
      return "$geo_radius";
    case "geoBox":
      return "$geo_box";
    default:
      return assertNever(test);
  }
}

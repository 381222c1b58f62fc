import { assertNever, type JsonObject } from "@akidb/base";
import { elementsOf, valuesAt } from "./fieldPath.ts";
import type { Filter } from "./filter.ts";
import { matchesValue } from "./matchesValue.ts";

/**
 * Whether a document passes a filter, by looking at its metadata: the plain definition of what every operator means, and
 * the oracle of the indexes.
 */
export function matchesFilter(metadata: JsonObject, filter: Filter): boolean {
  switch (filter.kind) {
    case "and":
      return filter.filters.every((each) => matchesFilter(metadata, each));
    case "or":
      return filter.filters.some((each) => matchesFilter(metadata, each));
    case "not":
      return !matchesFilter(metadata, filter.filter);
    case "field": {
      const values = valuesAt(metadata, filter.path);
      if (filter.test.kind === "exists") return values.length > 0;
      const { test } = filter;
      return elementsOf(values).some((value) => matchesValue(value, test));
    }
    default:
      return assertNever(filter);
  }
}

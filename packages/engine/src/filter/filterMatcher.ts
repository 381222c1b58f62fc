import { assertNever, type JsonObject, type JsonValue } from "@akidb/base";
import { elementsOf, valuesAt } from "./fieldPath.ts";
import type { FieldTest, Filter, Scalar } from "./filter.ts";
import { parseInstant } from "./instant.ts";
import { matchesValue } from "./matchesValue.ts";
import { isScalar } from "./scalar.ts";
import { WordsOfTexts, wordsOf } from "./words.ts";

/** Whether a document passes, by its metadata. */
export type FilterMatcher = (metadata: JsonObject) => boolean;

/**
 * A filter made ready for many documents. It says what `matchesFilter` says, and reads each operand once, not for each
 * document, and each text of a document once, not for each condition: there may be a thousand.
 */
export function filterMatcher(filter: Filter): FilterMatcher {
  const texts = new WordsOfTexts();
  const matches = matcherOf(filter, texts);
  return (metadata) => {
    texts.clear();
    return matches(metadata);
  };
}

/** What looking at a document takes, in conditions. */
export function conditionCount(filter: Filter): number {
  switch (filter.kind) {
    case "and":
    case "or":
      return filter.filters.reduce((sum, each) => sum + conditionCount(each), 0);
    case "not":
      return conditionCount(filter.filter);
    case "field":
      return 1;
    default:
      return assertNever(filter);
  }
}

function matcherOf(filter: Filter, texts: WordsOfTexts): FilterMatcher {
  switch (filter.kind) {
    case "and": {
      const all = filter.filters.map((each) => matcherOf(each, texts));
      return (metadata) => all.every((matches) => matches(metadata));
    }
    case "or": {
      const any = filter.filters.map((each) => matcherOf(each, texts));
      return (metadata) => any.some((matches) => matches(metadata));
    }
    case "not": {
      const matches = matcherOf(filter.filter, texts);
      return (metadata) => !matches(metadata);
    }
    case "field": {
      const { path, test } = filter;
      if (test.kind === "exists") return (metadata) => valuesAt(metadata, path).length > 0;
      const passes = valueMatcher(test, texts);
      return (metadata) => elementsOf(valuesAt(metadata, path)).some(passes);
    }
    default:
      return assertNever(filter);
  }
}

function valueMatcher(
  test: Exclude<FieldTest, { kind: "exists" }>,
  texts: WordsOfTexts,
): (value: JsonValue) => boolean {
  if (test.kind === "equals") return equalToAny(test.operands);
  if (test.kind !== "contains") return (value) => matchesValue(value, test);
  const isEqual = equalToAny([test.operand]);
  if (typeof test.operand !== "string") return isEqual;
  const wanted = wordsOf(test.operand);
  return (value) => isEqual(value) || (typeof value === "string" && texts.have(value, wanted));
}

/** Two dates are equal where they name the same instant. */
function equalToAny(operands: readonly Scalar[]): (value: JsonValue) => boolean {
  const scalars = new Set(operands);
  const instants = new Set<number>();
  for (const operand of operands) {
    const instant = typeof operand === "string" ? parseInstant(operand) : undefined;
    if (instant !== undefined) instants.add(instant);
  }
  return (value) => {
    if (!isScalar(value)) return false;
    if (scalars.has(value)) return true;
    if (instants.size === 0 || typeof value !== "string") return false;
    const instant = parseInstant(value);
    return instant !== undefined && instants.has(instant);
  };
}

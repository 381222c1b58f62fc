import { assertNever, type JsonObject, type JsonValue } from "@akidb/base";
import { elementsOf, type FieldPath, formatFieldPath, valuesAt } from "./fieldPath.ts";
import type { FieldTest, Filter, Scalar } from "./filter.ts";
import { parseInstant } from "./instant.ts";
import { matchesValue } from "./matchesValue.ts";
import { isScalar } from "./scalar.ts";
import { WordsOfTexts, wordsOf } from "./words.ts";

/** Whether a document passes, by its metadata. */
export type FilterMatcher = (metadata: JsonObject) => boolean;

/**
 * A filter made ready for many documents. It says what `matchesFilter` says, and reads each operand once, not for each
 * document, and each field and text of a document once, not for each condition: there may be a thousand.
 */
export function filterMatcher(filter: Filter): FilterMatcher {
  const document = new OpenDocument();
  const matches = conditionOf(filter, document);
  return (metadata) => {
    document.open(metadata);
    return matches();
  };
}

/** What conditions have found in a document so far. */
class OpenDocument {
  readonly texts = new WordsOfTexts();
  readonly #paths: FieldPath[] = [];
  readonly #places = new Map<string, number>();
  #metadata: JsonObject = {};
  #values: (readonly JsonValue[] | undefined)[] = [];

  /** What {@link OpenDocument.valuesAt} is asked for. */
  placeOf(path: FieldPath): number {
    const name = formatFieldPath(path);
    const place = this.#places.get(name) ?? this.#paths.push(path) - 1;
    this.#places.set(name, place);
    return place;
  }

  open(metadata: JsonObject): void {
    this.#metadata = metadata;
    this.#values = new Array(this.#paths.length);
    this.texts.clear();
  }

  valuesAt(place: number): readonly JsonValue[] {
    this.#values[place] ??= valuesAt(this.#metadata, this.#paths[place]!);
    return this.#values[place];
  }
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

function conditionOf(filter: Filter, document: OpenDocument): () => boolean {
  switch (filter.kind) {
    case "and": {
      const all = filter.filters.map((each) => conditionOf(each, document));
      return () => all.every((holds) => holds());
    }
    case "or": {
      const any = filter.filters.map((each) => conditionOf(each, document));
      return () => any.some((holds) => holds());
    }
    case "not": {
      const holds = conditionOf(filter.filter, document);
      return () => !holds();
    }
    case "field": {
      const { path, test } = filter;
      const place = document.placeOf(path);
      if (test.kind === "exists") return () => document.valuesAt(place).length > 0;
      const passes = valueMatcher(test, document.texts);
      return () => elementsOf(document.valuesAt(place)).some(passes);
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

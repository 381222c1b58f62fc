import { type FieldViolation, invalidArguments, isPlainObject, limits } from "@akidb/base";
import { checkVector, type VectorRules } from "../collection/vectorCheck.ts";
import { allOf } from "../filter/allOf.ts";
import { type FieldPath, parseFieldPath } from "../filter/fieldPath.ts";
import type { Filter } from "../filter/filter.ts";
import { parseFilter } from "../filter/parseFilter.ts";
import type { CollectionQuery } from "./collectionQuery.ts";

/** Vectors and documents to be near to, or far from. */
export type Example =
  | { readonly kind: "vector"; readonly vector: Float32Array }
  | { readonly kind: "document"; readonly key: string };

export type Target =
  | { readonly kind: "vector"; readonly vector: Float32Array }
  | { readonly kind: "document"; readonly key: string }
  /** What is sought is a text alone. */
  | { readonly kind: "none" }
  | {
      readonly kind: "examples";
      readonly positive: readonly Example[];
      readonly negative: readonly Example[];
    };

export interface Grouping {
  readonly path: FieldPath;
  readonly size: number;
}

/** A query with nothing left to check. */
export interface CheckedQuery {
  readonly target: Target;
  readonly topK: number;
  readonly offset: number;
  readonly ef: number | undefined;
  readonly exact: boolean;
  readonly rescore: boolean;
  readonly filter: Filter | undefined;
  readonly minScore: number;
  readonly grouping: Grouping | undefined;
}

const groupSizeDefault = 3;

/** @throws AkiDbError `invalid_argument` that names everything that is wrong; a filter's mistakes by themselves */
export function checkQuery(query: CollectionQuery, rules: VectorRules): CheckedQuery {
  const violations: FieldViolation[] = [];
  const target = checkTarget(query, rules, violations);
  const { topK, offset = 0, ef, exact = false, rescore = true, minScore, explain = false } = query;
  checkWholeNumber("top_k", topK, 1, limits.topKMax, violations);
  checkWholeNumber("offset", offset, 0, limits.topKMax, violations);
  if (ef !== undefined) checkWholeNumber("ef", ef, 1, limits.efMax, violations);
  checkBoolean("exact", exact, violations);
  checkBoolean("explain", explain, violations);
  checkBoolean("params.rescore", rescore, violations);
  if (minScore !== undefined && !Number.isFinite(minScore)) {
    violations.push({ path: "min_score", detail: "must be a finite number" });
  }
  const grouping = query.groupBy === undefined ? undefined : checkGrouping(query, violations);
  if (target === undefined || violations.length > 0) throw invalidArguments(violations);
  // Documents that are left out of the answer are found all the same.
  const leftOut = grouping === undefined ? documentsNamed(target) : 0;
  if (topK + offset + leftOut > limits.topKMax) {
    const examples = leftOut === 0 ? "" : ` and the ${leftOut} named by id`;
    const detail = `with offset${examples} must be at most ${limits.topKMax}`;
    throw invalidArguments([{ path: "top_k", detail }]);
  }
  return {
    target,
    topK,
    offset,
    ef,
    exact,
    rescore,
    filter: allOf(query.within, query.filter === undefined ? undefined : parseFilter(query.filter)),
    minScore: minScore ?? Number.NEGATIVE_INFINITY,
    grouping,
  };
}

function documentsNamed(target: Target): number {
  switch (target.kind) {
    case "vector":
    case "none":
      return 0;
    case "document":
      return 1;
    case "examples":
      return [...target.positive, ...target.negative].filter(({ kind }) => kind === "document").length;
  }
}

function checkTarget(
  { vector, id, vectors, fullText }: CollectionQuery,
  rules: VectorRules,
  violations: FieldViolation[],
): Target | undefined {
  const given = [vector, id, vectors, fullText].filter((each) => each !== undefined);
  if (given.length > 1) {
    violations.push({ path: "vector", detail: "give exactly one of vector, id, vectors and full_text" });
    return undefined;
  }
  if (fullText !== undefined) return { kind: "none" };
  if (id !== undefined) {
    const key = checkKey(id, "id", violations);
    return key === undefined ? undefined : { kind: "document", key };
  }
  if (vectors !== undefined) return checkExamples(vectors, rules, violations);
  const checked = checkVector(vector, rules, "vector", violations);
  return checked && { kind: "vector", vector: checked };
}

function checkExamples(
  vectors: unknown,
  rules: VectorRules,
  violations: FieldViolation[],
): Target | undefined {
  const before = violations.length;
  const { positive, negative = [] } = isPlainObject(vectors) ? vectors : {};
  if (!Array.isArray(positive) || positive.length === 0) {
    violations.push({ path: "vectors.positive", detail: "must be a list of at least one vector or id" });
    return undefined;
  }
  if (!Array.isArray(negative)) {
    violations.push({ path: "vectors.negative", detail: "must be a list of vectors and ids" });
    return undefined;
  }
  const count = positive.length + negative.length;
  if (count > limits.queryExamplesMax) {
    const detail = `has ${count} examples; at most ${limits.queryExamplesMax} are allowed`;
    violations.push({ path: "vectors", detail });
    return undefined;
  }
  const check = (examples: readonly unknown[], path: string): readonly (Example | undefined)[] =>
    examples.map((example, index) => checkExample(example, rules, `${path}[${index}]`, violations));
  const checked = {
    kind: "examples",
    positive: check(positive, "vectors.positive"),
    negative: check(negative, "vectors.negative"),
  } as const;
  return violations.length > before ? undefined : (checked as Target);
}

function checkExample(
  example: unknown,
  rules: VectorRules,
  path: string,
  violations: FieldViolation[],
): Example | undefined {
  if (typeof example === "string") {
    const key = checkKey(example, path, violations);
    return key === undefined ? undefined : { kind: "document", key };
  }
  const vector = checkVector(example, rules, path, violations);
  return vector && { kind: "vector", vector };
}

function checkKey(key: unknown, path: string, violations: FieldViolation[]): string | undefined {
  if (typeof key === "string" && key !== "") return key;
  violations.push({ path, detail: "must be a document's id or external id" });
  return undefined;
}

function checkGrouping(
  { groupBy, topK, offset = 0 }: CollectionQuery,
  violations: FieldViolation[],
): Grouping | undefined {
  const { field, size = groupSizeDefault } = isPlainObject(groupBy) ? groupBy : {};
  const path = typeof field === "string" ? parseFieldPath(field) : undefined;
  if (path === undefined) violations.push({ path: "group_by.field", detail: "must be the path of a field" });
  const isSize = checkWholeNumber("group_by.size", size, 1, limits.groupSizeMax, violations);
  if (offset !== 0) violations.push({ path: "offset", detail: "cannot stand beside group_by" });
  if (!isSize || path === undefined) return undefined;
  if (topK * size > limits.topKMax) {
    const detail = `times top_k, the number of groups, must be at most ${limits.topKMax}`;
    violations.push({ path: "group_by.size", detail });
  }
  return { path, size };
}

function checkBoolean(path: string, value: unknown, violations: FieldViolation[]): void {
  if (typeof value !== "boolean") violations.push({ path, detail: "must be true or false" });
}

export function checkWholeNumber(
  path: string,
  value: unknown,
  min: number,
  max: number,
  violations: FieldViolation[],
): value is number {
  if (Number.isInteger(value) && (value as number) >= min && (value as number) <= max) return true;
  violations.push({ path, detail: `must be a whole number from ${min} to ${max}` });
  return false;
}

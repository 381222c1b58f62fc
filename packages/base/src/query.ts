import type { ErrorCode, FieldViolation } from "./errors.ts";
import type { JsonObject } from "./json.ts";

/** Exactly one of `vector`, `text`, `id` and `vectors`. */
export interface QueryInput {
  readonly vector?: Float32Array | readonly number[];
  /** Embedded with the collection's model. */
  readonly text?: string;
  /** More like this document, named by its id or external id, which itself is no answer. */
  readonly id?: string;
  /** Near to some, and far from others. */
  readonly vectors?: QueryExamples;
  /** 1..10,000; 10 if absent. Of groups where there is `groupBy`. */
  readonly topK?: number;
  /** Of the best, how many are left out; 0 if absent. At most 10,000 together with `topK`. */
  readonly offset?: number;
  /** Only documents whose score is at least this. */
  readonly minScore?: number;
  /** Breadth of the walk through the graph: more finds more and takes longer. 1..40,000; the server's if absent. */
  readonly ef?: number;
  /** Looks at every vector instead of walking the graph. */
  readonly exact?: boolean;
  /** Only documents whose metadata passes: `{ year: { $gte: 2020 }, tag: { $in: ["a", "b"] } }`. */
  readonly filter?: JsonObject;
  readonly params?: QueryParams;
  readonly groupBy?: GroupBy;
  /** Metadata if absent. */
  readonly include?: readonly Include[];
  /** Whether the result tells how it was found. */
  readonly explain?: boolean;
  /** Ends the query, at the server too, when it takes longer; the server's own limit still holds. */
  readonly timeoutMs?: number;
}

export interface QueryParams {
  /**
   * Whether the nearest by their codes are ranked and scored by their vectors. Without it, a walk through the graph is a
   * little faster, and scores are about right. True if absent.
   */
  readonly rescore?: boolean;
}

/**
 * The query is the mean of the positive examples, moved away from the mean of the negative ones by as much as it is apart
 * from it. Under cosine each is taken at length 1. At most 100 examples.
 */
export interface QueryExamples {
  /** At least one. */
  readonly positive: readonly QueryExample[];
  readonly negative?: readonly QueryExample[];
}

/** A vector, or the id or external id of a document, which is no answer. */
export type QueryExample = Float32Array | readonly number[] | string;

export interface GroupBy {
  /** Path of a field with strings, numbers, booleans or `null`. A document belongs to a group for each of its values. */
  readonly field: string;
  /** Matches of a group at most, 1..100; 3 if absent. */
  readonly size?: number;
}

export type Include = "metadata" | "text" | "vector";

export interface QueryResult<Metadata extends JsonObject = JsonObject> {
  /** Best first; with `groupBy` there are none, and groups instead. */
  readonly matches: readonly Match<Metadata>[];
  /** Those with the best matches first. */
  readonly groups?: readonly MatchGroup<Metadata>[];
  readonly explain?: QueryExplanation;
  readonly latencyMs: number;
}

export interface Match<Metadata extends JsonObject = JsonObject> {
  readonly id: string;
  readonly externalId?: string;
  /** Higher is better: cosine similarity, inner product, negative Euclidean distance. */
  readonly score: number;
  /** The metric's own value: 1 − cosine, −inner product, Euclidean distance. */
  readonly distance: number;
  readonly vector?: Float32Array;
  readonly text?: string;
  readonly metadata?: Metadata;
}

export interface MatchGroup<Metadata extends JsonObject = JsonObject> {
  readonly value: string | number | boolean | null;
  /** Best first. */
  readonly matches: readonly Match<Metadata>[];
}

/** One for each query of a batch, in their order. */
export type QueryBatchItem<Metadata extends JsonObject = JsonObject> =
  | ({ readonly ok: true } & QueryResult<Metadata>)
  | {
      readonly ok: false;
      readonly code: ErrorCode;
      readonly detail: string;
      readonly violations: readonly FieldViolation[];
    };

/**
 * `exact`: every document that could be an answer was compared. `graph`: a walk through the graph. `filtered`: such a walk
 * under a filter.
 */
export type QueryPlan = "exact" | "graph" | "filtered";

/** How a query was answered. */
export interface QueryExplanation {
  readonly plan: QueryPlan;
  /** Documents that could be an answer, as far as the indexes know. */
  readonly matches: number;
  /** Documents that the search found, before some were left out. */
  readonly candidates: number;
  /** Comparisons of vectors by their codes. */
  readonly codeDistances: number;
  /** Comparisons of vectors in full. */
  readonly exactDistances: number;
  /** Documents not in the graph yet, which were looked at one by one. */
  readonly tailRows: number;
  readonly segments: readonly SegmentExplanation[];
  /** Null where there is none. */
  readonly filter: FilterExplanation | null;
  /** In their order. */
  readonly stages: readonly QueryStage[];
}

export interface SegmentExplanation {
  /**
   * `exact`: each by its vector. `scan`: each by its code, the nearest by their vectors. `graph`: a walk. `checked_walk`: a
   * walk that counts only what the filter allows. `match_walk`: a walk from one document that it allows to the next.
   */
  readonly method: "exact" | "scan" | "graph" | "checked_walk" | "match_walk";
  readonly matches: number;
  readonly codeDistances: number;
  readonly exactDistances: number;
  readonly tailRows: number;
}

/**
 * `index`: the indexes of the metadata told of every document. `documents`: what they left open was looked up in the
 * documents. `candidates`: only of those that the search found.
 */
export type FilterCheck = "index" | "documents" | "candidates";

export interface FilterExplanation {
  /** By counts of the indexes, before anything was looked up. */
  readonly estimatedMatches: number;
  readonly check: FilterCheck;
  readonly documentsRead: number;
  readonly conditions: readonly FilterCondition[];
}

export interface FilterCondition {
  readonly field: string;
  /** The operator, without its value: `$gte`. */
  readonly test: string;
  /** What tells of it: an index, or for some values only the documents. */
  readonly source: "index" | "documents";
  readonly estimatedMatches: number;
}

export interface QueryStage {
  readonly name: string;
  readonly durationMs: number;
}

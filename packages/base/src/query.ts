import type { ErrorCode, FieldViolation } from "./errors.ts";
import type { Filter } from "./filter.ts";
import type { JsonObject } from "./json.ts";
import type { MetadataPath } from "./metadataFields.ts";

/** Exactly one of `vector`, `text`, `id`, `vectors` and `fullText`. */
export interface QueryInput<Metadata extends object = JsonObject> {
  readonly vector?: Float32Array | readonly number[];
  /** Embedded with the collection's model. */
  readonly text?: string;
  /** More like this document, named by its id or external id, which itself is no answer. */
  readonly id?: string;
  /** Near to some, and far from others. */
  readonly vectors?: QueryExamples;
  /**
   * Documents whose texts say these words, ranked by BM25: `apple pie`, `"apple pie"`, `app*`, `+apple -cider`,
   * `(apple OR pear) AND NOT cider`.
   */
  readonly fullText?: string;
  /** Beside a vector or what stands for one: documents that are near or say the words, in one ranking. */
  readonly hybrid?: HybridInput;
  /** Ranks the best found anew, by a model that the server is configured with. */
  readonly rerank?: RerankInput;
  /** With `fullText` or `hybrid`: the parts of each text that say what was sought. */
  readonly highlight?: boolean | HighlightInput;
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
  readonly filter?: Filter<Metadata>;
  readonly params?: QueryParams;
  readonly groupBy?: GroupBy<Metadata>;
  /** Metadata if absent. */
  readonly include?: readonly Include[];
  /** Whether the result tells how it was found. */
  readonly explain?: boolean;
  /** Ends the query, at the server too, when it takes longer; the server's own limit still holds. */
  readonly timeoutMs?: number;
}

export interface HybridInput {
  /** What to search the texts for, as in `fullText`; the words of the query's `text` if absent. */
  readonly text?: string;
  /**
   * `rrf`, which is the default, by ranks (Cormack et al. 2009); `weighted`, by scores, each list's from 0 to 1.
   */
  readonly fusion?: FusionKind;
  /** Of `weighted`: the share of the vectors, 0..1; 0.5 if absent. */
  readonly weight?: number;
  /** Of `rrf`: 1..1,000; 60 if absent. More lets later ranks count more. */
  readonly k?: number;
}

export const fusionKinds = ["rrf", "weighted"] as const;
export type FusionKind = (typeof fusionKinds)[number];

export interface RerankInput {
  /** The name that the server knows it by; the configured one if absent. */
  readonly provider?: string;
  /** What the texts are ranked by; the query's `text` or `fullText` if absent. */
  readonly text?: string;
  /** Of the best found, how many are ranked; the others are left out. 1..1,000; the greater of 50 and what is asked for if absent. */
  readonly topN?: number;
}

export interface HighlightInput {
  /** Of a text at most, 1..20; 3 if absent. */
  readonly fragments?: number;
  /** Of a fragment, about, 20..2,000; 160 if absent. */
  readonly fragmentCharacters?: number;
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

export interface GroupBy<Metadata extends object = JsonObject> {
  /** Path of a field with strings, numbers, booleans or `null`. A document belongs to a group for each of its values. */
  readonly field: MetadataPath<Metadata>;
  /** Matches of a group at most, 1..100; 3 if absent. */
  readonly size?: number;
}

export type Include = "metadata" | "text" | "vector";

export interface QueryResult<Metadata extends object = JsonObject> {
  /** Best first; with `groupBy` there are none, and groups instead. */
  readonly matches: readonly Match<Metadata>[];
  /** Those with the best matches first. */
  readonly groups?: readonly MatchGroup<Metadata>[];
  readonly explain?: QueryExplanation;
  readonly latencyMs: number;
}

export interface Match<Metadata extends object = JsonObject> {
  readonly id: string;
  readonly externalId?: string;
  /**
   * Higher is better: cosine similarity, inner product, negative Euclidean distance; BM25 for `fullText`, a rank's or a
   * model's score for `hybrid` and `rerank`.
   */
  readonly score: number;
  /** The metric's own value: 1 − cosine, −inner product, Euclidean distance; −score where texts were searched or ranked. */
  readonly distance: number;
  readonly vector?: Float32Array;
  readonly text?: string;
  readonly metadata?: Metadata;
  /** HTML: what was sought in `<mark>`, all else escaped. None where the text says nothing of it. */
  readonly highlights?: readonly string[];
  /** With `hybrid`, `rerank` and `explain`: what the score was made of. */
  readonly parts?: MatchParts;
}

export interface MatchParts {
  /** Absent where the document was not among the nearest. */
  readonly vector?: MatchPart;
  /** Absent where it was not among those that say the words. */
  readonly text?: MatchPart;
  /** What it had before a model ranked it. */
  readonly found?: MatchPart;
}

export interface MatchPart {
  /** From 1 on. */
  readonly rank: number;
  readonly score: number;
}

export interface MatchGroup<Metadata extends object = JsonObject> {
  readonly value: string | number | boolean | null;
  /** Best first. */
  readonly matches: readonly Match<Metadata>[];
}

/** One for each query of a batch, in their order. */
export type QueryBatchItem<Metadata extends object = JsonObject> =
  | ({ readonly ok: true } & QueryResult<Metadata>)
  | {
      readonly ok: false;
      readonly code: ErrorCode;
      readonly detail: string;
      readonly violations: readonly FieldViolation[];
    };

/**
 * `text`: the full text alone. `exact`: every document that could be an answer was compared. `graph`: a walk through the graph. `filtered`: such a walk
 * under a filter.
 */
export type QueryPlan = "text" | "exact" | "graph" | "filtered";

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
  /** Null where no texts were searched. */
  readonly fullText: FullTextExplanation | null;
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

export interface FullTextExplanation {
  /** Documents that say what was sought, whatever the filter says. */
  readonly matches: number;
  /** Of these, the best that pass the filter. */
  readonly candidates: number;
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

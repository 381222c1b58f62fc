import type { GroupBy, Include, Match, MatchGroup, QueryExamples, QueryExplanation } from "@akidb/base";

/** With exactly one of `vector`, `id` and `vectors`. */
export interface CollectionQuery {
  readonly vector?: Float32Array | readonly number[];
  /** More like this document, named by its id or external id. */
  readonly id?: string;
  readonly vectors?: QueryExamples;
  /** 1..limits.topKMax; of groups where there is `groupBy`. */
  readonly topK: number;
  /** Of the best, those that are left out. */
  readonly offset?: number;
  /** 1..limits.efMax; the collection's own if absent. */
  readonly ef?: number;
  readonly exact?: boolean;
  /** Whether the nearest by their codes are ranked and scored by their vectors; true if absent. */
  readonly rescore?: boolean;
  /** What documents must say in their metadata, in the language of `parseFilter`. */
  readonly filter?: unknown;
  readonly minScore?: number;
  readonly groupBy?: GroupBy;
  readonly include: readonly Include[];
  /** Whether the answer tells of each condition of the filter, too, which takes a little. */
  readonly explain?: boolean;
}

export interface QueryAnswer {
  /** Best first; none where they are in groups. */
  readonly matches: readonly Match[];
  /** Those with the best matches first. */
  readonly groups?: readonly MatchGroup[];
  readonly explanation: QueryExplanation;
}

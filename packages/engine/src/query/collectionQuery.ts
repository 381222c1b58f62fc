import type {
  Deadline,
  FusionKind,
  GroupBy,
  HighlightInput,
  Include,
  Match,
  MatchGroup,
  QueryExamples,
  QueryExplanation,
  QueryPlan,
} from "@akidb/base";
import type { Filter } from "../filter/filter.ts";
import type { AnswerSize } from "../reads/answerSize.ts";
import type { TimedStage } from "./queryTrace.ts";

/** Beside a vector, or what stands for one. */
export interface HybridSearch {
  readonly text: string;
  /** Whether it is a text whose words are sought, and no query with operators. */
  readonly isPlain: boolean;
  /** Where `text` stands in the request. */
  readonly path: string;
  readonly fusion?: FusionKind;
  readonly weight?: number;
  readonly k?: number;
}

export interface Reranking {
  /** Of the best found, those that are looked at. */
  readonly topN: number;
  /** A finite score for each text, higher is better. */
  readonly score: (texts: readonly string[], deadline: Deadline) => Promise<Float64Array>;
}

/** With exactly one of `vector`, `id`, `vectors` and `fullText`. */
export interface CollectionQuery {
  readonly vector?: Float32Array | readonly number[];
  /** More like this document, named by its id or external id. */
  readonly id?: string;
  readonly vectors?: QueryExamples;
  /** In the language of `parseFullText`. */
  readonly fullText?: string;
  readonly hybrid?: HybridSearch;
  readonly rerank?: Reranking;
  readonly highlight?: boolean | HighlightInput;
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
  /** What does not pass it is not there for whoever asks. */
  readonly within?: Filter | undefined;
  readonly minScore?: number;
  readonly groupBy?: GroupBy;
  readonly include: readonly Include[];
  /** Whether the answer tells of each condition of the filter, too, which takes a little. */
  readonly explain?: boolean;
  /** Of several queries that are answered together: what they found so far counts, too. */
  readonly answerSize?: AnswerSize;
}

export interface QueryAnswer {
  /** Best first; none where they are in groups. */
  readonly matches: readonly Match[];
  /** Those with the best matches first. */
  readonly groups?: readonly MatchGroup[];
  /** How it was found: put together where somebody asks, soon after the answer, and not for each query. */
  readonly explain: () => QueryExplanation;
  readonly plan: QueryPlan;
  /** Where the time went; put together where somebody asks. */
  readonly timeline: () => readonly TimedStage[];
}

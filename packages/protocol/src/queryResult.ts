import type { Match, MatchParts, QueryResult } from "@akidb/base";
import Type, { type Static } from "typebox";
import { definedFields } from "./definedFields.ts";
import { Metadata, ResultVector } from "./document.ts";
import { LatencyMs, roundedMs } from "./latency.ts";
import { explanationFromWire, explanationToWire, QueryExplanationBody } from "./queryExplanation.ts";

const PartBody = Type.Object({
  rank: Type.Integer({ description: "From 1 on." }),
  score: Type.Number(),
});

const MatchBody = Type.Object({
  id: Type.String({ format: "uuid" }),
  external_id: Type.Optional(Type.String()),
  score: Type.Number({
    description:
      "Higher is better: cosine similarity, inner product, negative Euclidean distance; BM25 for `full_text`, a rank's or " +
      "a model's score for `hybrid` and `rerank`.",
  }),
  distance: Type.Number({
    description:
      "The metric's own: 1 − cosine, −inner product, Euclidean; −score where texts were searched or ranked.",
  }),
  metadata: Type.Optional(Metadata),
  text: Type.Optional(Type.String()),
  vector: Type.Optional(ResultVector),
  highlights: Type.Optional(
    Type.Array(Type.String({ examples: ["a <mark>sorting</mark> network"] }), {
      description: "HTML: what was sought in `<mark>`, all else escaped.",
    }),
  ),
  parts: Type.Optional(
    Type.Object(
      {
        vector: Type.Optional(PartBody),
        text: Type.Optional(PartBody),
        found: Type.Optional(PartBody),
      },
      {
        description:
          "With `hybrid`, `rerank` and `explain`, what the score was made of: the document's place among the nearest " +
          "(`vector`), among those that say the words (`text`), and before a model ranked it (`found`).",
      },
    ),
  ),
});
type MatchBody = Static<typeof MatchBody>;

export const queryResponseFields = {
  matches: Type.Array(MatchBody, { description: "Best first; none where they are in groups." }),
  groups: Type.Optional(
    Type.Array(
      Type.Object({
        value: Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()]),
        matches: Type.Array(MatchBody, { description: "Best first." }),
      }),
      { description: "With `group_by`: those with the best matches first." },
    ),
  ),
  explain: Type.Optional(QueryExplanationBody),
  latency_ms: LatencyMs,
};

export const QueryResponse = Type.Object(queryResponseFields, { $id: "QueryResult" });
export type QueryResponse = Static<typeof QueryResponse>;

export const queryResultToWire = (result: QueryResult): QueryResponse =>
  definedFields<QueryResponse>({
    matches: result.matches.map(matchToWire),
    groups: result.groups?.map(({ value, matches }) => ({ value, matches: matches.map(matchToWire) })),
    explain: result.explain && explanationToWire(result.explain),
    latency_ms: roundedMs(result.latencyMs),
  });

export const queryResultFromWire = (response: QueryResponse): QueryResult =>
  definedFields<QueryResult>({
    matches: response.matches.map(matchFromWire),
    groups: response.groups?.map(({ value, matches }) => ({ value, matches: matches.map(matchFromWire) })),
    explain: response.explain && explanationFromWire(response.explain),
    latencyMs: response.latency_ms,
  });

const matchToWire = (match: Match): MatchBody =>
  definedFields<MatchBody>({
    id: match.id,
    external_id: match.externalId,
    score: match.score,
    distance: match.distance,
    metadata: match.metadata,
    text: match.text,
    vector: match.vector === undefined ? undefined : Array.from(match.vector),
    highlights: match.highlights && [...match.highlights],
    parts: match.parts && { ...match.parts },
  });

const matchFromWire = (match: MatchBody): Match =>
  definedFields<Match>({
    id: match.id,
    externalId: match.external_id,
    score: match.score,
    distance: match.distance,
    vector: match.vector === undefined ? undefined : Float32Array.from(match.vector),
    text: match.text,
    metadata: match.metadata,
    highlights: match.highlights,
    parts: match.parts && definedFields<MatchParts>(match.parts),
  });

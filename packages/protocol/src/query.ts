import { invalidArgument, limits, type Match, type QueryInput, type QueryResult } from "@akidb/base";
import Type, { type Static } from "typebox";
import { definedFields } from "./definedFields.ts";
import { Metadata, ResultVector } from "./document.ts";
import { FilterBody } from "./filter.ts";
import { includeSchema } from "./include.ts";
import { LatencyMs, roundedMs } from "./latency.ts";
import { vectorFromWire, vectorToWire, WireVector } from "./wireVector.ts";

export const QueryBody = Type.Object(
  {
    vector: Type.Optional(WireVector),
    query_vector: Type.Optional(WireVector),
    text: Type.Optional(Type.String({ description: "Embedded with the collection's model." })),
    top_k: Type.Optional(Type.Integer({ description: `1..${limits.topKMax}. Default: 10.`, examples: [10] })),
    ef: Type.Optional(
      Type.Integer({
        description: `Breadth of the walk through the graph: more finds more and takes longer. 1..${limits.efMax}. Default: the server's \`hnsw.ef_search\`.`,
        examples: [128],
      }),
    ),
    exact: Type.Optional(
      Type.Boolean({ description: "Looks at every vector instead of walking the graph. Default: false." }),
    ),
    filter: Type.Optional(FilterBody),
    include: Type.Optional(includeSchema(["metadata"])),
  },
  {
    $id: "Query",
    additionalProperties: false,
    description: "Exactly one of `vector` and `text`; `query_vector` is another name of `vector`.",
    examples: [{ text: "sorting in linear time", top_k: 3 }],
  },
);
export type QueryBody = Static<typeof QueryBody>;

export const QueryResponse = Type.Object(
  {
    matches: Type.Array(
      Type.Object({
        id: Type.String({ format: "uuid" }),
        external_id: Type.Optional(Type.String()),
        score: Type.Number({
          description: "Higher is better: cosine similarity, inner product, negative Euclidean distance.",
        }),
        distance: Type.Number({ description: "The metric's own: 1 − cosine, −inner product, Euclidean." }),
        metadata: Type.Optional(Metadata),
        text: Type.Optional(Type.String()),
        vector: Type.Optional(ResultVector),
      }),
      { description: "Best first." },
    ),
    latency_ms: LatencyMs,
  },
  { $id: "QueryResult" },
);
export type QueryResponse = Static<typeof QueryResponse>;

export function queryFromWire(body: QueryBody): QueryInput {
  const { vector, query_vector } = body;
  if (vector !== undefined && query_vector !== undefined) {
    throw invalidArgument("query_vector", "is the same as vector; give one of them");
  }
  return definedFields<QueryInput>({
    vector:
      vector !== undefined
        ? vectorFromWire(vector, "vector")
        : query_vector !== undefined
          ? vectorFromWire(query_vector, "query_vector")
          : undefined,
    text: body.text,
    topK: body.top_k,
    ef: body.ef,
    exact: body.exact,
    filter: body.filter,
    include: body.include,
  });
}

export const queryToWire = (input: QueryInput): QueryBody =>
  definedFields<QueryBody>({
    vector: input.vector === undefined ? undefined : vectorToWire(input.vector),
    text: input.text,
    top_k: input.topK,
    ef: input.ef,
    exact: input.exact,
    filter: input.filter,
    include: input.include === undefined ? undefined : [...input.include],
  });

export const queryResultToWire = (result: QueryResult): QueryResponse => ({
  matches: result.matches.map((match) =>
    definedFields<QueryResponse["matches"][number]>({
      id: match.id,
      external_id: match.externalId,
      score: match.score,
      distance: match.distance,
      metadata: match.metadata,
      text: match.text,
      vector: match.vector === undefined ? undefined : Array.from(match.vector),
    }),
  ),
  latency_ms: roundedMs(result.latencyMs),
});

export const queryResultFromWire = (response: QueryResponse): QueryResult => ({
  matches: response.matches.map((match) =>
    definedFields<Match>({
      id: match.id,
      externalId: match.external_id,
      score: match.score,
      distance: match.distance,
      vector: match.vector === undefined ? undefined : Float32Array.from(match.vector),
      text: match.text,
      metadata: match.metadata,
    }),
  ),
  latencyMs: response.latency_ms,
});

import { limits, type QueryBatchItem, type QueryInput, toAkiDbError } from "@akidb/base";
import Type, { type Static } from "typebox";
import { ErrorBody, errorBodyFrom } from "./errorBody.ts";
import { LatencyMs } from "./latency.ts";
import { QueryBody, queryFromWire, queryToWire } from "./query.ts";
import {
  type QueryResponse,
  queryResponseFields,
  queryResultFromWire,
  queryResultToWire,
} from "./queryResult.ts";

export const QueryBatchBody = Type.Object(
  {
    queries: Type.Array(QueryBody, {
      description: `At most ${limits.batchQueriesMax}. Each is answered or refused on its own; the request's time is that of all.`,
    }),
  },
  {
    $id: "QueryBatch",
    additionalProperties: false,
    examples: [
      {
        queries: [
          { text: "sorting in linear time", top_k: 5 },
          { id: "clrs", top_k: 5 },
        ],
      },
    ],
  },
);
export type QueryBatchBody = Static<typeof QueryBatchBody>;

type WireItem = QueryResponse | { error: ErrorBody };

/** One object and no union, so that it serialises fast. */
const WireItem = Type.Unsafe<WireItem>(
  Type.Object(
    {
      matches: Type.Optional(queryResponseFields.matches),
      groups: queryResponseFields.groups,
      explain: queryResponseFields.explain,
      latency_ms: Type.Optional(LatencyMs),
      error: Type.Optional(ErrorBody),
    },
    { description: "What the query's own answer would be, or the `error`." },
  ),
);

export const QueryBatchResponse = Type.Object(
  {
    results: Type.Array(WireItem, { description: "One for each query, in their order." }),
    latency_ms: LatencyMs,
  },
  { $id: "QueryBatchResult" },
);
export type QueryBatchResponse = Static<typeof QueryBatchResponse>;

/** What was wrong with a query already as it was sent is an error of that query alone. */
export type QueryOrError = QueryInput | Error;

export const queryBatchFromWire = ({ queries }: QueryBatchBody): readonly QueryOrError[] =>
  queries.map((query) => {
    try {
      return queryFromWire(query);
    } catch (error) {
      return toAkiDbError(error);
    }
  });

export const queryBatchToWire = (queries: readonly QueryInput[]): QueryBatchBody => ({
  queries: queries.map(queryToWire),
});

export const queryBatchItemsToWire = (
  items: readonly QueryBatchItem[],
  latencyMs: number,
): QueryBatchResponse => ({
  results: items.map((item) =>
    item.ok ? queryResultToWire(item) : { error: errorBodyFrom(item.code, item.detail, item.violations) },
  ),
  latency_ms: latencyMs,
});

export const queryBatchItemsFromWire = ({ results }: QueryBatchResponse): readonly QueryBatchItem[] =>
  results.map((result) =>
    "error" in result
      ? {
          ok: false,
          code: result.error.code,
          detail: result.error.detail,
          violations: result.error.errors ?? [],
        }
      : { ok: true, ...queryResultFromWire(result) },
  );

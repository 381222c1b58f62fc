import { invalidArgument, limits, type QueryBatchItem, type QueryInput, toAkiDbError } from "@akidb/base";
import { AnswerSize } from "@akidb/engine";
import { namedCollection } from "../access/resources.ts";
import { answerQuery, queryDeadline } from "../answerQuery.ts";
import { defineOperation } from "../operation.ts";
import type { CollectionReference } from "./getCollection.ts";

export interface QueryBatchInput extends CollectionReference {
  /** An error stands for a query that could not even be read. */
  readonly queries: readonly (QueryInput | Error)[];
}

/** Time that queries take of the thread one after the other, before others have their turn. */
const sliceMs = 2;

/** One after the other, in the order of the batch; when its time is up, those that are left say so. */
export const queryBatch = defineOperation<QueryBatchInput, readonly QueryBatchItem[]>({
  name: "queryBatch",
  permission: "document::search",
  resource: namedCollection,
  underFilter: "applied",
  run: async (context, { collection: reference, queries }) => {
    const { collections, databaseId, call, clock } = context;
    if (!Array.isArray(queries) || queries.length === 0 || queries.length > limits.batchQueriesMax) {
      throw invalidArgument("queries", `must be a list of 1 to ${limits.batchQueriesMax} queries`);
    }
    using live = await collections.get(databaseId, reference, call.deadline);
    const items: QueryBatchItem[] = [];
    const answerSize = new AnswerSize();
    let turnMs = clock.monotonicMs();
    for (const query of queries as QueryBatchInput["queries"]) {
      items.push(await answerOne(query));
      if (clock.monotonicMs() - turnMs < sliceMs) continue;
      await new Promise((resolve) => setImmediate(resolve));
      turnMs = clock.monotonicMs();
    }
    return items;

    async function answerOne(query: QueryInput | Error): Promise<QueryBatchItem> {
      try {
        if (query instanceof Error) throw query;
        if (typeof query !== "object" || query === null) throw invalidArgument("", "must be a query");
        using deadline = queryDeadline(context, query);
        deadline.check();
        return { ok: true, ...(await answerQuery(context, live, query, { deadline, answerSize })) };
      } catch (error) {
        const { code, message, violations } = toAkiDbError(error);
        return { ok: false, code, detail: message, violations };
      }
    }
  },
});

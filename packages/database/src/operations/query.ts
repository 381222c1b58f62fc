import { invalidArgument, type QueryInput, type QueryResult } from "@akidb/base";
import type { CollectionRecord } from "@akidb/catalog";
import { collectionModel } from "../collectionModel.ts";
import { defineOperation, type OperationContext } from "../operation.ts";
import type { CollectionReference } from "./getCollection.ts";

export type QueryOperationInput = CollectionReference & QueryInput;

export const query = defineOperation<QueryOperationInput, QueryResult>({
  name: "query",
  permission: "document::search",
  run: async (
    context,
    { collection: reference, topK = 10, ef, exact, filter, include = ["metadata"], ...input },
  ) => {
    const { collections, databaseId, call, limits, clock } = context;
    const startMs = clock.monotonicMs();
    using live = await collections.get(databaseId, reference, call.deadline);
    const { record, collection } = live;
    if (!(topK <= limits.topKMax)) throw invalidArgument("top_k", `must be at most ${limits.topKMax}`);
    const vector = await queryVector(context, record, input);
    const matches = await collection.query(
      {
        vector,
        topK,
        include,
        ...(ef !== undefined && { ef }),
        ...(exact !== undefined && { exact }),
        ...(filter !== undefined && { filter }),
      },
      call.deadline,
    );
    return { matches, latencyMs: clock.monotonicMs() - startMs };
  },
});

async function queryVector(
  context: OperationContext,
  record: CollectionRecord,
  { vector, text }: QueryInput,
): Promise<NonNullable<QueryInput["vector"]>> {
  if ((vector === undefined) === (text === undefined)) {
    throw invalidArgument("vector", "give exactly one of vector and text");
  }
  if (vector !== undefined) return vector;
  if (typeof text !== "string" || text.trim() === "")
    throw invalidArgument("text", "must have words to search for");
  const { signal } = context.call.deadline;
  return (await collectionModel(context, record).embed([text], { signal })).vectors;
}

import type { QueryInput, QueryResult } from "@akidb/base";
import { namedCollection } from "../access/resources.ts";
import { answerQuery, queryDeadline } from "../answerQuery.ts";
import { defineOperation } from "../operation.ts";
import type { CollectionReference } from "./getCollection.ts";

export type QueryOperationInput = CollectionReference & QueryInput;

export const query = defineOperation<QueryOperationInput, QueryResult>({
  name: "query",
  permission: "document::search",
  resource: namedCollection,
  underFilter: "applied",
  run: async (context, { collection: reference, ...input }) => {
    const { collections, databaseId } = context;
    using deadline = queryDeadline(context, input);
    using live = await collections.get(databaseId, reference, deadline);
    return await answerQuery(context, live, input, { deadline });
  },
});

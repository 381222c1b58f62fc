import type { CountInput } from "@akidb/base";
import { namedCollection } from "../access/resources.ts";
import { defineOperation } from "../operation.ts";
import type { CollectionReference } from "./getCollection.ts";

export const count = defineOperation<CollectionReference & CountInput, number>({
  name: "count",
  permission: "document::read",
  resource: namedCollection,
  underFilter: "applied",
  run: async ({ collections, databaseId, call, within }, { collection: reference, filter }) => {
    using live = await collections.get(databaseId, reference, call.deadline);
    return await live.collection.contents.count({ filter, within }, call.deadline);
  },
});

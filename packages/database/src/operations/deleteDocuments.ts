import { type DeleteManyInput, type DeleteManyResult, invalidArgument, isPlainObject } from "@akidb/base";
import { namedCollection } from "../access/resources.ts";
import { checkKeys } from "../checkKeys.ts";
import { defineOperation } from "../operation.ts";
import type { CollectionReference } from "./getCollection.ts";

export const deleteDocuments = defineOperation<CollectionReference & DeleteManyInput, DeleteManyResult>({
  name: "deleteDocuments",
  permission: "document::delete",
  resource: namedCollection,
  underFilter: "applied",
  run: async (
    { collections, databaseId, call, limits, within },
    { collection: reference, ids, filter, all = false },
  ) => {
    const given = [ids !== undefined, filter !== undefined, all].filter((isGiven) => isGiven);
    if (given.length !== 1) throw invalidArgument("ids", "give exactly one of ids, filter, and all as true");
    if (isPlainObject(filter) && Object.keys(filter).length === 0) {
      const detail = 'has no condition, so every document passes; to delete all of them, say {"all": true}';
      throw invalidArgument("filter", detail);
    }
    const keys = ids && checkKeys(ids, limits.batchDocumentsMax);
    using live = await collections.get(databaseId, reference, call.deadline, { inMemory: true });
    const deletedCount =
      keys === undefined
        ? await live.collection.deleteMatching({ filter: filter ?? {}, within }, call.deadline)
        : await live.collection.deleteKeys({ keys, within }, call.deadline);
    return { deletedCount };
  },
});

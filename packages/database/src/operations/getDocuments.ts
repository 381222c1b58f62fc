import { type GetManyInput, type GetManyResult, invalidArgument, limits } from "@akidb/base";
import { namedCollection } from "../access/resources.ts";
import { checkKeys } from "../checkKeys.ts";
import { checkLimit } from "../checkLimit.ts";
import { defineOperation } from "../operation.ts";
import type { CollectionReference } from "./getCollection.ts";

export const getDocuments = defineOperation<CollectionReference & GetManyInput, GetManyResult>({
  name: "getDocuments",
  permission: "document::read",
  resource: namedCollection,
  underFilter: "applied",
  run: async (
    { collections, databaseId, call, within },
    { collection: reference, ids, filter, limit, include = ["metadata", "text"] },
  ) => {
    if ((ids === undefined) === (filter === undefined)) {
      throw invalidArgument("ids", "give exactly one of ids and filter");
    }
    if (ids !== undefined && limit !== undefined) throw invalidArgument("limit", "belongs to a filter");
    const keys = ids && checkKeys(ids, limits.pageSizeMax);
    const pageLimit = checkLimit(limit);
    using live = await collections.get(databaseId, reference, call.deadline);
    const { contents } = live.collection;
    if (keys !== undefined) return await contents.fetch({ keys, include, within }, call.deadline);
    return {
      documents: await contents.first({ filter, within, limit: pageLimit, include }, call.deadline),
      missing: [],
    };
  },
});

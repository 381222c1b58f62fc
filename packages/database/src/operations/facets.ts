import { type FacetsInput, type FacetsResult, limits } from "@akidb/base";
import { namedCollection } from "../access/resources.ts";
import { checkLimit } from "../checkLimit.ts";
import { defineOperation } from "../operation.ts";
import type { CollectionReference } from "./getCollection.ts";

export const facets = defineOperation<CollectionReference & FacetsInput, FacetsResult>({
  name: "facets",
  permission: "document::read",
  resource: namedCollection,
  underFilter: "applied",
  run: async (
    { collections, databaseId, call, within },
    { collection: reference, field, filter, limit = 10 },
  ) => {
    const valueLimit = checkLimit(limit, limits.facetValuesMax);
    using live = await collections.get(databaseId, reference, call.deadline);
    const { values, distinctCount } = await live.collection.contents.values(
      { field, filter, within, limit: valueLimit },
      call.deadline,
    );
    return { facets: values, distinctCount };
  },
});

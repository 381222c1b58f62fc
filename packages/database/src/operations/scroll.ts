import type { ScrollPage, ScrollPageInput } from "@akidb/base";
import { namedCollection } from "../access/resources.ts";
import { checkLimit } from "../checkLimit.ts";
import { defineOperation } from "../operation.ts";
import { decodeScrollCursor, encodeScrollCursor } from "../scrollCursor.ts";
import type { CollectionReference } from "./getCollection.ts";

export const scroll = defineOperation<CollectionReference & ScrollPageInput, ScrollPage>({
  name: "scroll",
  permission: "document::read",
  resource: namedCollection,
  underFilter: "applied",
  run: async (
    { collections, databaseId, call, within },
    { collection: reference, filter, limit, cursor, include = ["metadata", "text"] },
  ) => {
    const pageLimit = checkLimit(limit);
    using live = await collections.get(databaseId, reference, call.deadline);
    const scope = { collectionId: live.record.id, filter };
    const page = await live.collection.contents.scroll(
      {
        filter,
        within,
        limit: pageLimit,
        include,
        ...(cursor !== undefined && { after: decodeScrollCursor(cursor, scope) }),
      },
      call.deadline,
    );
    return {
      documents: page.documents,
      ...(page.after !== undefined && { nextCursor: encodeScrollCursor(page.after, scope) }),
    };
  },
});

import type { AkiDb, CollectionInfo, Page } from "@akidb/base";
import { definedFields } from "@akidb/protocol";
import { collectionInfoOf } from "./collectionInfoOf.ts";
import { createCollectionMessage } from "./createCollectionMessage.ts";
import { name, text, whole32, whole64 } from "./fields.ts";
import type { GrpcCalls } from "./grpcCalls.ts";
import { grpcCollection } from "./grpcCollection.ts";

type Collections = Pick<
  AkiDb,
  | "createCollection"
  | "listCollections"
  | "getCollection"
  | "updateCollection"
  | "deleteCollection"
  | "collection"
>;

export const grpcCollections = (calls: GrpcCalls): Collections => ({
  createCollection: async (input, options) => {
    const created = await calls.send("management", "createCollection", {
      request: () => createCollectionMessage(input),
      repeatable: false,
      options,
    });
    return collectionInfoOf(created);
  },

  listCollections: async ({ limit, cursor } = {}, options) => {
    const { collections, nextCursor } = await calls.send("management", "listCollections", {
      request: () => ({ limit: whole32("limit", limit), cursor: text("cursor", cursor) }),
      repeatable: true,
      options,
    });
    return definedFields<Page<CollectionInfo>>({ items: collections.map(collectionInfoOf), nextCursor });
  },

  getCollection: async (nameOrId, options) => {
    const { collection } = await calls.send("management", "getCollection", {
      request: () => ({ collectionId: name("collection", nameOrId) }),
      repeatable: true,
      options,
    });
    return collectionInfoOf(collection);
  },

  updateCollection: async (nameOrId, changes, options) => {
    const { collection } = await calls.send("management", "updateCollection", {
      request: () => ({
        collectionId: name("collection", nameOrId),
        name: text("name", changes.name),
        maxDocCount: whole64("max_doc_count", changes.maxDocumentCount),
        syncPolicy: text("sync_policy", changes.syncPolicy),
        walRetentionSeconds: whole32("wal_retention_seconds", changes.walRetentionSeconds),
      }),
      // By its old name it may not be found the second time.
      repeatable: false,
      options,
    });
    return collectionInfoOf(collection);
  },

  deleteCollection: async (nameOrId, options) => {
    const request = () => ({ collectionId: name("collection", nameOrId) });
    await calls.send("management", "deleteCollection", { request, repeatable: false, options });
  },

  // As over REST: what a user stored as metadata has the type that the user names.
  collection: (nameOrId) => grpcCollection(calls, nameOrId) as never,
});

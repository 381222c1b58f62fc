import type { AkiDb } from "@akidb/base";
import {
  CollectionList,
  CollectionResource,
  collectionFromWire,
  collectionListFromWire,
  createCollectionToWire,
  updateCollectionToWire,
} from "@akidb/protocol";
import { pagePath } from "./pagePath.ts";
import { readAnswer } from "./readAnswer.ts";
import { restCollection } from "./restCollection.ts";
import type { RestRequests } from "./restRequests.ts";
import { pathSegment } from "./serverUrl.ts";

type Collections = Pick<
  AkiDb,
  | "createCollection"
  | "listCollections"
  | "getCollection"
  | "updateCollection"
  | "deleteCollection"
  | "collection"
>;

/** @param path of all collections of a database; throws `invalid_argument` where there can be none */
export function restCollections(requests: RestRequests, path: () => string): Collections {
  const collectionPath = (nameOrId: string): string => `${path()}/${pathSegment("collection", nameOrId)}`;
  return {
    createCollection: async (input, options) => {
      const body = await requests.send({
        method: "POST",
        path: path(),
        body: () => createCollectionToWire(input),
        repeatable: false,
        options,
      });
      return readAnswer(CollectionResource, collectionFromWire, body);
    },

    listCollections: async (page = {}, options) => {
      const body = await requests.send({
        method: "GET",
        path: pagePath(path(), page),
        repeatable: true,
        options,
      });
      return readAnswer(CollectionList, collectionListFromWire, body);
    },

    getCollection: async (nameOrId, options) => {
      const body = await requests.send({
        method: "GET",
        path: collectionPath(nameOrId),
        repeatable: true,
        options,
      });
      return readAnswer(CollectionResource, collectionFromWire, body);
    },

    updateCollection: async (nameOrId, changes, options) => {
      const body = await requests.send({
        method: "PATCH",
        path: collectionPath(nameOrId),
        body: () => updateCollectionToWire(changes),
        // By its old name it may not be found the second time.
        repeatable: false,
        options,
      });
      return readAnswer(CollectionResource, collectionFromWire, body);
    },

    deleteCollection: async (nameOrId, options) => {
      const path = collectionPath(nameOrId);
      await requests.send({ method: "DELETE", path, repeatable: false, options });
    },

    // What a user stored as metadata has the type that the user names: no server can promise it.
    collection: (nameOrId) => restCollection(requests, nameOrId, () => collectionPath(nameOrId)) as never,
  };
}

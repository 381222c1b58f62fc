import { type Collection, type Include, ingestDocuments } from "@akidb/base";
import { documentMessage, documentOf, itemOf, patchMessage } from "./documentMessages.ts";
import { flag, include, list, name, whole64 } from "./fields.ts";
import type { GrpcCalls } from "./grpcCalls.ts";
import { grpcContents } from "./grpcContents.ts";
import { grpcQueryBatch } from "./grpcQueryBatch.ts";
import { grpcReembedding } from "./grpcReembedding.ts";
import { grpcSnapshots } from "./grpcSnapshots.ts";
import { grpcTiers } from "./grpcTiers.ts";
import { inOrder, itemOrRefusal, withoutRefused, withPath } from "./itemRefusals.ts";
import { queryMessage, queryResultOf } from "./queryMessages.ts";
import { sentPart } from "./sentPart.ts";

const defaultParts: readonly Include[] = ["metadata", "text"];

export function grpcCollection(calls: GrpcCalls, nameOrId: string): Collection {
  const collectionId = (): string => name("collection", nameOrId);
  const collection: Collection = {
    nameOrId,
    reembedding: grpcReembedding(calls, collectionId),

    upsert: async (documents, { atomic = false, ...options } = {}) => {
      const items = list("documents", documents).map((document, index) =>
        atomic === true
          ? withPath(`documents[${index}]`, () => documentMessage(document))
          : itemOrRefusal(() => documentMessage(document)),
      );
      const messages = withoutRefused(items);
      const answer = await calls.send("collections", "upsert", {
        request: () => ({
          collectionId: collectionId(),
          documents: messages,
          atomic: flag("atomic", atomic) ?? false,
        }),
        repeatable: false,
        options,
      });
      return { upsertedCount: answer.upserted, items: inOrder(items, answer.items.map(itemOf)) };
    },

    ingest: (documents, options) => ingestDocuments(collection.upsert, documents, options),

    get: async (id, { include: parts = defaultParts, ...options } = {}) => {
      const { document } = await calls.send("collections", "get", {
        request: () => ({ collectionId: collectionId(), docId: name("id", id), include: include(parts) }),
        repeatable: true,
        options,
      });
      return documentOf(sentPart(document));
    },

    patch: async (id, change, { ifVersion, ...options } = {}) => {
      const { docId, version } = await calls.send("collections", "patch", {
        request: () => ({
          collectionId: collectionId(),
          patch: patchMessage({ ...change, id, ...(ifVersion !== undefined && { ifVersion }) }),
        }),
        repeatable: false,
        options,
      });
      return { id: docId, version };
    },

    patchMany: async (patches, { atomic = false, ...options } = {}) => {
      const { patched, items } = await calls.send("collections", "patchMany", {
        request: () => ({
          collectionId: collectionId(),
          patches: list("patches", patches).map((patch, index) =>
            withPath(`documents[${index}]`, () => patchMessage(patch)),
          ),
          atomic: flag("atomic", atomic) ?? false,
        }),
        repeatable: false,
        options,
      });
      return { patchedCount: patched, items: items.map(itemOf) };
    },

    delete: async (id, { ifVersion, ...options } = {}) => {
      await calls.send("collections", "delete", {
        request: () => ({
          collectionId: collectionId(),
          docId: name("id", id),
          docIds: [],
          filter: undefined,
          all: false,
          ifVersion: whole64("if_version", ifVersion),
        }),
        repeatable: false,
        options,
      });
    },

    query: async (input, options) => {
      const answer = await calls.send("collections", "query", {
        request: () => queryMessage(collectionId(), input),
        repeatable: true,
        options,
      });
      return queryResultOf(answer, input);
    },

    queryBatch: grpcQueryBatch(calls, collectionId),
    ...grpcContents(calls, collectionId),
    ...grpcSnapshots(calls, collectionId),
    ...grpcTiers(calls, collectionId),
  };
  return collection;
}

import { type Collection, ingestDocuments } from "@akidb/base";
import {
  CollectionResource,
  changeToWire,
  collectionFromWire,
  createSnapshotToWire,
  DocumentResource,
  documentFromWire,
  PatchManyResponse,
  PatchResponse,
  patchManyToWire,
  patchResultFromWire,
  QueryBatchResponse,
  QueryResponse,
  queryBatchItemsFromWire,
  queryBatchToWire,
  queryResultFromWire,
  queryToWire,
  RefusedUpsert,
  restoreSnapshotToWire,
  SnapshotList,
  SnapshotResource,
  snapshotFromWire,
  snapshotListFromWire,
  UpsertResponse,
  upsertResultFromRefusal,
  upsertResultFromWire,
  upsertToWire,
} from "@akidb/protocol";
import { readAnswer } from "./readAnswer.ts";
import { restContents } from "./restContents.ts";
import { restReembedding } from "./restReembedding.ts";
import type { RestRequests } from "./restRequests.ts";
import { restTiers } from "./restTiers.ts";
import { pathSegment } from "./serverUrl.ts";
import { type Shape, shapeMismatch } from "./shapeMismatch.ts";

/** @param path of the collection's resource; throws `invalid_argument` where there can be none */
export function restCollection(requests: RestRequests, nameOrId: string, path: () => string): Collection {
  const snapshotPath = (id: string): string => `${path()}/snapshots/${pathSegment("snapshot", id)}`;
  const documentPath = (id: string): string => `${path()}/documents/${pathSegment("id", id)}`;
  const collection: Collection = {
    nameOrId,
    reembedding: restReembedding(requests, path),

    upsert: async (documents, options) => {
      const answer = await requests.exchange({
        method: "POST",
        path: `${path()}/documents`,
        body: () =>
          upsertToWire({
            documents: documents.map(withFloats),
            ...(options?.atomic === undefined ? {} : { atomic: options.atomic }),
          }),
        repeatable: false,
        options,
      });
      if (answer.ok) return readAnswer(UpsertResponse, upsertResultFromWire, answer.body);
      const isWhole = shapeMismatch(RefusedUpsert as Shape, answer.body) === undefined;
      const refused = isWhole ? upsertResultFromRefusal(answer.body) : undefined;
      if (refused === undefined) throw answer.error;
      return refused;
    },

    ingest: (documents, options) => ingestDocuments(collection.upsert, documents, options),

    get: async (id, options) => {
      const include = options?.include === undefined ? "" : `?include=${options.include.join(",")}`;
      const body = await requests.send({
        method: "GET",
        path: `${documentPath(id)}${include}`,
        repeatable: true,
        options,
      });
      return readAnswer(DocumentResource, documentFromWire, body);
    },

    patch: async (id, change, { ifVersion, ...options } = {}) => {
      const body = await requests.send({
        method: "PATCH",
        path: documentPath(id),
        body: () => changeToWire({ ...change, ...(ifVersion !== undefined && { ifVersion }) }),
        repeatable: false,
        options,
      });
      return readAnswer(
        PatchResponse,
        ({ id: found, version }: PatchResponse) => ({ id: found, version }),
        body,
      );
    },

    patchMany: async (patches, { atomic, ...options } = {}) => {
      const body = await requests.send({
        method: "POST",
        path: `${path()}/documents/patch`,
        body: () => patchManyToWire({ patches, ...(atomic !== undefined && { atomic }) }),
        repeatable: false,
        options,
      });
      return readAnswer(PatchManyResponse, patchResultFromWire, body);
    },

    delete: async (id, { ifVersion, ...options } = {}) => {
      await requests.send({
        method: "DELETE",
        path: documentPath(id),
        ifVersion,
        repeatable: false,
        options,
      });
    },

    query: async (input, options) => {
      const body = await requests.send({
        method: "POST",
        path: `${path()}/query`,
        body: () => queryToWire(withFloats(input)),
        repeatable: true,
        options,
      });
      return readAnswer(QueryResponse, queryResultFromWire, body);
    },

    queryBatch: async (queries, options) => {
      const body = await requests.send({
        method: "POST",
        path: `${path()}/query/batch`,
        body: () => queryBatchToWire(queries.map(withFloats)),
        repeatable: true,
        options,
      });
      return readAnswer(QueryBatchResponse, queryBatchItemsFromWire, body);
    },
    ...restContents(requests, path),

    createSnapshot: async (options) => {
      const body = await requests.send({
        method: "POST",
        path: `${path()}/snapshots`,
        body: () => createSnapshotToWire(options ?? {}),
        repeatable: false,
        options,
      });
      return readAnswer(SnapshotResource, snapshotFromWire, body);
    },

    listSnapshots: async (options) => {
      const body = await requests.send({
        method: "GET",
        path: `${path()}/snapshots`,
        repeatable: true,
        options,
      });
      return readAnswer(SnapshotList, snapshotListFromWire, body);
    },

    deleteSnapshot: async (id, options) => {
      await requests.send({ method: "DELETE", path: snapshotPath(id), repeatable: false, options });
    },

    restoreSnapshot: async (id, options) => {
      const body = await requests.send({
        method: "POST",
        path: `${snapshotPath(id)}/restore`,
        body: () => restoreSnapshotToWire(options ?? {}),
        repeatable: false,
        options,
      });
      return readAnswer(CollectionResource, collectionFromWire, body);
    },

    downloadSnapshot: async (id, options) => await requests.download(`${snapshotPath(id)}/download`, options),
    ...restTiers(requests, path),
  };
  return collection;
}

/**
 * Plain numbers as floats, which the server would make of them anyway: they are sent in a tenth of the time, and one
 * that JSON cannot write (NaN, Infinity) spoils its own document only. What is not a number is left for the server to
 * name.
 */
function withFloats<Input extends { readonly vector?: Float32Array | readonly number[] }>(
  input: Input,
): Input {
  const { vector } = input;
  if (!Array.isArray(vector) || !vector.every((component) => typeof component === "number")) return input;
  return { ...input, vector: Float32Array.from(vector) };
}

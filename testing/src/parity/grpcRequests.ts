import type {
  Document as DocumentInfo,
  DocumentInput,
  DocumentPatch,
  ErrorCode,
  Include,
  QueryExample,
  QueryInput,
  UpsertItem,
} from "@akidb/base";
import { definedFields } from "@akidb/protocol";
import {
  CollectionServiceDefinition as Collections,
  type Document,
  type DocumentInput as DocumentMessage,
  EmbeddingServiceDefinition as Embedding,
  type QueryExample as ExampleMessage,
  type IngestItem,
  CollectionManagementServiceDefinition as Management,
  type Match,
  type DocumentPatch as PatchMessage,
} from "@akidb/protocol/grpc";
import type { GrpcSender } from "./grpcSender.ts";
import { comparableDocument, comparableMatch, pagesFrom, type Requests } from "./requests.ts";

export function grpcRequests(sender: GrpcSender): Requests {
  const send: GrpcSender["send"] = (service, method, request) => sender.send(service, method, request);
  const { createCollection, updateCollection, deleteCollection } = Management.methods;
  const { describe, insert, get, delete: remove, query, ...others } = Collections.methods;
  return {
    create: async ({ name, dimension = 0, metric = "" as const, quantization }) => {
      const created = await send(Management, createCollection, { name, dimension, metric, quantization });
      return { name: created.name, dimension: created.dimension, metric: created.metric };
    },
    describe: async (collectionId) => {
      const { name, dimension, metric, documentCount, state } = await send(Collections, describe, {
        collectionId,
      });
      return { name, dimension, metric, documentCount, state };
    },
    update: async (collectionId, { maxDocumentCount, ...changes }) => {
      const request = { ...changes, collectionId, maxDocCount: maxDocumentCount };
      const { collection } = await send(Management, updateCollection, request);
      const { name, max_doc_count, sync_policy, wal_retention_seconds } = collection!.details!;
      return {
        name,
        maxDocumentCount: max_doc_count,
        syncPolicy: sync_policy,
        walRetentionSeconds: wal_retention_seconds,
      };
    },
    drop: async (collectionId) => void (await send(Management, deleteCollection, { collectionId })),
    insert: async (collectionId, document) => {
      const request = { ...documentMessage(document), collectionId };
      const { docId: id, version } = await send(Collections, insert, request);
      return { id, version };
    },
    get: async (collectionId, docId, parts) => {
      const { document } = await send(Collections, get, { collectionId, docId, include: includeOf(parts) });
      return comparableDocument(documentOf(document!, parts));
    },
    remove: async (collectionId, docId, ifVersion) =>
      void (await send(Collections, remove, { collectionId, docId, ifVersion })),
    removeMany: async (collectionId, { ids = [], filter, all = false }) => {
      const request = { collectionId, docIds: [...ids], filter, all };
      return { deletedCount: (await send(Collections, remove, request)).deletedCount };
    },
    query: async (collectionId, input) => {
      const request = { ...queryMessage(input), collectionId };
      const { matches, groups } = await send(Collections, query, request);
      return {
        matches: matches.map(matchOf),
        groups: groups.map(({ value, matches: within }) => ({ value, matches: within.map(matchOf) })),
      };
    },
    upsert: async (collectionId, documents, { atomic = false } = {}) => {
      const request = { collectionId, documents: documents.map(documentMessage), atomic };
      const { upserted, items } = await send(Collections, others.upsert, request);
      return { upsertedCount: upserted, items: items.map(itemOf) };
    },
    patch: async (collectionId, change) => {
      const request = { collectionId, patch: patchMessage(change) };
      const { docId: id, version } = await send(Collections, others.patch, request);
      return { id, version };
    },
    patchMany: async (collectionId, patches, { atomic = false } = {}) => {
      const request = { collectionId, patches: patches.map(patchMessage), atomic };
      const { patched, items } = await send(Collections, others.patchMany, request);
      return { patchedCount: patched, items: items.map(itemOf) };
    },
    getMany: async (collectionId, { ids = [], include, ...input }) => {
      const request = { ...input, collectionId, docIds: [...ids], include: include && includeOf(include) };
      const { documents, missing } = await send(Collections, others.getMany, request);
      return { documents: documents.map((found) => comparableDocument(documentOf(found, include))), missing };
    },
    scroll: (collectionId, { include, ...input }) =>
      pagesFrom(async (cursor) => {
        const request = { ...input, cursor, collectionId, include: include && includeOf(include) };
        const { documents, nextCursor } = await send(Collections, others.scroll, request);
        const found = documents.map((document) => documentOf(document, include));
        return { documents: found, ...(nextCursor !== undefined && { nextCursor }) };
      }),
    count: async (collectionId, input) =>
      (await send(Collections, others.count, { ...input, collectionId })).count,
    facets: (collectionId, input) => send(Collections, others.facets, { ...input, collectionId }),
    embed: async ({ texts, model }) => {
      const answer = await send(Embedding, Embedding.methods.embed, { texts: [...texts], model });
      const embeddings = answer.embeddings.map(({ values }) => values);
      return {
        embeddings,
        model: answer.model,
        dimension: answer.dimension,
        tokens: answer.usage!.totalTokens,
      };
    },
  };
}

const includeOf = (parts: readonly Include[]) => ({
  metadata: parts.includes("metadata"),
  text: parts.includes("text"),
  vector: parts.includes("vector"),
});

function queryMessage({ vector, vectors, include, highlight, ...input }: QueryInput) {
  return {
    ...input,
    queryVector: [...(vector ?? [])],
    vectors: vectors && {
      positive: vectors.positive.map(exampleMessage),
      negative: (vectors.negative ?? []).map(exampleMessage),
    },
    include: include && includeOf(include),
    highlight: typeof highlight === "object" ? highlight : undefined,
  };
}

const exampleMessage = (example: QueryExample): ExampleMessage => ({
  example:
    typeof example === "string"
      ? { $case: "id", value: example }
      : { $case: "vector", value: { values: [...example] } },
});

const defined = (fields: object): object =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

function matchOf({ docId: id, vector, highlights, parts, ...match }: Match): object {
  const fields = {
    ...match,
    id,
    vector: vector.length > 0 ? Float32Array.from(vector) : undefined,
    highlights: highlights.length > 0 ? highlights : undefined,
    parts: parts && defined(parts),
  };
  return comparableMatch(defined(fields) as Parameters<typeof comparableMatch>[0]);
}

const documentMessage = ({ id = "", vector = [], ...document }: DocumentInput): DocumentMessage =>
  ({ ...document, docId: id, vector: [...vector] }) as DocumentMessage;

const patchMessage = ({ id, metadata, ttlSeconds, expiresAt, ifVersion }: DocumentPatch): PatchMessage => ({
  docId: id,
  metadata: metadata ?? undefined,
  removeMetadata: metadata === null,
  ttlSeconds: ttlSeconds ?? undefined,
  expiresAt: expiresAt ?? undefined,
  removeExpiry: ttlSeconds === null || expiresAt === null,
  ifVersion,
});

function itemOf({ outcome }: IngestItem): UpsertItem {
  if (outcome?.$case === "written")
    return definedFields({
      ok: true as const,
      id: outcome.value.docId,
      version: outcome.value.version,
      chunkCount: outcome.value.chunkCount,
    });
  const { code, detail, violations } = outcome!.value;
  return { ok: false, code: code as ErrorCode, detail, violations };
}

/** An empty list is what a vector is that was not sent. */
function documentOf(
  { docId: id, vector, ...document }: Document,
  parts: readonly Include[] = ["metadata", "text"],
): DocumentInfo {
  const components = parts.includes("vector") ? Float32Array.from(vector) : undefined;
  return defined({ ...document, id, vector: components }) as DocumentInfo;
}

import {
  type CountInput,
  type FacetsInput,
  type GetManyInput,
  invalidArgument,
  type ScrollPageInput,
} from "@akidb/base";
import { operations } from "@akidb/database";
import { definedFields, roundedMs } from "@akidb/protocol";
import type { CollectionServiceDefinition, DeleteRequest } from "@akidb/protocol/grpc";
import { insertedDocument } from "../insertedDocument.ts";
import { answerQueries } from "./answerQueries.ts";
import { type CallSession, runOperation } from "./callSession.ts";
import { documentOf, filterOf, includeOf, patchOf, queryOf } from "./fromMessage.ts";
import { ingestDocuments } from "./ingestDocuments.ts";
import type { ServiceHandles } from "./service.ts";
import { descriptionMessage, documentMessage, itemMessage, queryResultMessage } from "./toMessage.ts";

export const collectionService: ServiceHandles<typeof CollectionServiceDefinition> = {
  query: async (request, session) => {
    const input = { collection: request.collectionId, ...queryOf(request) };
    return queryResultMessage(await runOperation(operations.query, input, session));
  },
  queryBatch: answerQueries,
  insert: async ({ collectionId: collection, ...document }, session) => {
    const { elapsedMs } = stopwatch(session);
    const input = { collection, documents: [documentOf(document)] };
    const inserted = insertedDocument(await runOperation(operations.upsertDocuments, input, session));
    const { id, version, chunkCount } = inserted;
    return { docId: id, latencyMs: elapsedMs(), version, chunkCount };
  },
  ingestBatch: ingestDocuments,
  get: async ({ collectionId: collection, docId: id, include }, session) => {
    const parts = includeOf(include) ?? (["metadata", "text", "vector"] as const);
    const document = await runOperation(operations.getDocument, { collection, id, include: parts }, session);
    return { document: documentMessage(document) };
  },
  delete: async (request, session) => {
    const { elapsedMs } = stopwatch(session);
    const deletedCount = await deleteDocuments(request, session);
    return { latencyMs: elapsedMs(), deletedCount };
  },
  describe: async ({ collectionId: collection }, session) =>
    descriptionMessage(await runOperation(operations.getCollection, { collection }, session)),
  upsert: async ({ collectionId: collection, documents, atomic }, session) => {
    const { elapsedMs } = stopwatch(session);
    const input = { collection, documents: documents.map(documentOf), atomic };
    const { upsertedCount, items } = await runOperation(operations.upsertDocuments, input, session);
    const failed = items.length - upsertedCount;
    return { upserted: upsertedCount, failed, items: items.map(itemMessage), latencyMs: elapsedMs() };
  },
  patch: async ({ collectionId: collection, patch }, session) => {
    const { elapsedMs } = stopwatch(session);
    if (patch === undefined) throw invalidArgument("patch", "is missing");
    const input = { collection, ...patchOf(patch, "patch") };
    const { id, version } = await runOperation(operations.patchDocument, input, session);
    return { docId: id, version, latencyMs: elapsedMs() };
  },
  patchMany: async ({ collectionId: collection, patches, atomic }, session) => {
    const { elapsedMs } = stopwatch(session);
    const changes = patches.map((patch, index) => patchOf(patch, `patches[${index}]`));
    const input = { collection, patches: changes, atomic };
    const { patchedCount, items } = await runOperation(operations.patchDocuments, input, session);
    const failed = items.length - patchedCount;
    return { patched: patchedCount, failed, items: items.map(itemMessage), latencyMs: elapsedMs() };
  },
  getMany: async ({ collectionId: collection, docIds, include, filter, limit }, session) => {
    const ids = docIds.length > 0 ? docIds : undefined;
    const input = definedFields<GetManyInput>({
      ids,
      filter: filterOf(filter),
      include: includeOf(include),
      limit,
    });
    const found = await runOperation(operations.getDocuments, { collection, ...input }, session);
    return { documents: found.documents.map(documentMessage), missing: [...found.missing] };
  },
  scroll: async ({ collectionId: collection, filter, include, ...page }, session) => {
    const input = definedFields<ScrollPageInput>({
      ...page,
      filter: filterOf(filter),
      include: includeOf(include),
    });
    const { documents, nextCursor } = await runOperation(
      operations.scroll,
      { collection, ...input },
      session,
    );
    return { documents: documents.map(documentMessage), nextCursor };
  },
  count: async ({ collectionId: collection, filter }, session) => {
    const input = definedFields<CountInput>({ filter: filterOf(filter) });
    return { count: await runOperation(operations.count, { collection, ...input }, session) };
  },
  facets: async ({ collectionId: collection, field, filter, limit }, session) => {
    const input = definedFields<FacetsInput>({ field, filter: filterOf(filter), limit });
    const { facets, distinctCount } = await runOperation(
      operations.facets,
      { collection, ...input },
      session,
    );
    return { facets: [...facets], distinctCount };
  },
};

async function deleteDocuments(request: DeleteRequest, session: CallSession): Promise<number> {
  const { collectionId: collection, docId: id, docIds, all, ifVersion } = request;
  const filter = filterOf(request.filter);
  const others = [docIds.length > 0, filter !== undefined, all].filter((isGiven) => isGiven).length;
  if (others + (id === "" ? 0 : 1) !== 1) {
    throw invalidArgument("doc_id", "give exactly one of doc_id, doc_ids, filter, and all as true");
  }
  if (id !== "") {
    await runOperation(
      operations.deleteDocument,
      { collection, id, ...definedFields({ ifVersion }) },
      session,
    );
    return 1;
  }
  if (ifVersion !== undefined) throw invalidArgument("if_version", "goes with doc_id alone");
  const ids = docIds.length > 0 ? docIds : undefined;
  const input = { collection, ...definedFields({ ids, filter, all: all || undefined }) };
  return (await runOperation(operations.deleteDocuments, input, session)).deletedCount;
}

function stopwatch({ context: { clock } }: CallSession): { readonly elapsedMs: () => number } {
  const startMs = clock.monotonicMs();
  return { elapsedMs: () => roundedMs(clock.monotonicMs() - startMs) };
}

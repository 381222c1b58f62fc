import { invalidArgument, type JsonObject } from "@akidb/base";
import { operations } from "@akidb/database";
import { definedFields, roundedMs } from "@akidb/protocol";
import type { CollectionServiceDefinition, DeleteRequest } from "@akidb/protocol/grpc";
import { insertedDocument } from "../insertedDocument.ts";
import { answerQueries } from "./answerQueries.ts";
import { type CallSession, runOperation } from "./callSession.ts";
import { documentOf, includeOf, queryOf } from "./fromMessage.ts";
import { ingestDocuments } from "./ingestDocuments.ts";
import type { ServiceHandles } from "./service.ts";
import { descriptionMessage, documentMessage, queryResultMessage } from "./toMessage.ts";

export const collectionService: ServiceHandles<typeof CollectionServiceDefinition> = {
  query: async (request, session) => {
    const input = { collection: request.collectionId, ...queryOf(request) };
    return queryResultMessage(await runOperation(operations.query, input, session));
  },
  queryBatch: answerQueries,
  insert: async ({ collectionId: collection, ...document }, session) => {
    const { elapsedMs } = stopwatch(session);
    const input = { collection, documents: [documentOf(document)] };
    const { id, version } = insertedDocument(await runOperation(operations.upsertDocuments, input, session));
    return { docId: id, latencyMs: elapsedMs(), version };
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
};

async function deleteDocuments(request: DeleteRequest, session: CallSession): Promise<number> {
  const { collectionId: collection, docId: id, docIds, all, ifVersion } = request;
  const filter = request.filter as JsonObject | undefined;
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

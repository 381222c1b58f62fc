import type { CreateCollectionInput, HnswOptions, PageRequest, UpdateCollectionInput } from "@akidb/base";
import { operations } from "@akidb/database";
import { definedFields } from "@akidb/protocol";
import type { CollectionManagementServiceDefinition, CreateCollectionRequest } from "@akidb/protocol/grpc";
import { runOperation } from "./callSession.ts";
import { textOrAbsent } from "./fromMessage.ts";
import type { ServiceHandles } from "./service.ts";
import { collectionMessage } from "./toMessage.ts";

export const collectionManagementService: ServiceHandles<typeof CollectionManagementServiceDefinition> = {
  createCollection: async (request, session) => {
    const input = createCollectionInput(request);
    return collectionMessage(await runOperation(operations.createCollection, input, session));
  },
  listCollections: async (page, session) => {
    const input = definedFields<PageRequest>(page);
    const { items, nextCursor } = await runOperation(operations.listCollections, input, session);
    return { collections: items.map(collectionMessage), nextCursor };
  },
  getCollection: async ({ collectionId: collection }, session) => ({
    collection: collectionMessage(await runOperation(operations.getCollection, { collection }, session)),
  }),
  deleteCollection: async ({ collectionId: collection }, session) => {
    await runOperation(operations.deleteCollection, { collection }, session);
    return { success: true };
  },
  updateCollection: async ({ collectionId: collection, maxDocCount, syncPolicy, ...request }, session) => {
    const changes = definedFields<UpdateCollectionInput>({
      ...request,
      maxDocumentCount: maxDocCount,
      syncPolicy: syncPolicy as UpdateCollectionInput["syncPolicy"],
    });
    const info = await runOperation(operations.updateCollection, { collection, ...changes }, session);
    return { collection: collectionMessage(info) };
  },
};

/** Whether a text is one of those that there are, the operation knows. */
function createCollectionInput(request: CreateCollectionRequest): CreateCollectionInput {
  type Input = CreateCollectionInput;
  const { hnsw, payloadIndexes, textLanguage } = request;
  return definedFields<Input>({
    name: request.name,
    dimension: request.dimension === 0 ? undefined : request.dimension,
    metric: textOrAbsent(request.metric) as Input["metric"],
    embeddingModel: request.embeddingModel,
    maxDocumentCount: request.maxDocCount,
    hnsw: hnsw && definedFields<Partial<HnswOptions>>(hnsw),
    quantization: request.quantization as Input["quantization"],
    payloadIndexes:
      Object.keys(payloadIndexes).length === 0 ? undefined : (payloadIndexes as Input["payloadIndexes"]),
    textIndex: textLanguage === undefined ? undefined : ({ language: textLanguage } as Input["textIndex"]),
    tieringPolicy: request.tieringPolicy as Input["tieringPolicy"],
    syncPolicy: request.syncPolicy as Input["syncPolicy"],
    walRetentionSeconds: request.walRetentionSeconds,
  });
}

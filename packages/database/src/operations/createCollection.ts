import {
  type CollectionId,
  type CollectionInfo,
  type CreateCollectionInput,
  invalidArgument,
  isAkiDbError,
} from "@akidb/base";
import type { NewCollection } from "@akidb/catalog";
import { chosenDatabase } from "../access/resources.ts";
import { collectionInfo } from "../collections/collectionInfo.ts";
import { checkPayloadIndexes } from "../collections/payloadIndexes.ts";
import { embedOptions } from "../embedOptions.ts";
import { defineOperation, type OperationContext } from "../operation.ts";
import { requireServedDatabase } from "../tenancy/requireServedDatabase.ts";

/**
 * The files come first, under a provisional name, and the catalog's row with its commit decides: a crash before it
 * leaves files that the next start removes, one after it files that the next start gives their name.
 */
export const createCollection = defineOperation<CreateCollectionInput, CollectionInfo>({
  name: "createCollection",
  permission: "collection::create",
  resource: chosenDatabase,
  subject: ({ name }) => ({ type: "collection", id: name }),
  run: async (context, input) => {
    const { catalog, collections, databaseId } = context;
    const row = await newRow(context, input);
    using _room = await collections.budgets.makeRoom(databaseId);
    let begun: CollectionId | undefined;
    const commit = catalog.transaction(async (repositories) => {
      await requireServedDatabase(repositories, databaseId);
      const record = await repositories.collections.create(databaseId, row);
      begun = record.id;
      await collections.creations.begin(record.id);
      return record;
    });
    const record = await commit.catch(async (error: unknown) => {
      if (begun !== undefined) await collections.creations.abandon(begun);
      throw error;
    });
    await collections.add(record);
    return collectionInfo(record, collections);
  },
});

async function newRow(context: OperationContext, input: CreateCollectionInput): Promise<NewCollection> {
  const { embedding, models, hnswBuild, walRetentionSeconds } = context;
  const model = await chooseModel(input, (name, dimension) =>
    embedding.model(name, dimension, embedOptions(context)),
  );
  const dimension = input.dimension ?? model?.dimension;
  if (dimension === undefined)
    throw invalidArgument("dimension", "is needed where no embedding model gives it");
  if (model !== undefined) await models.register(model);
  return {
    name: input.name,
    dimension,
    embeddingModel: model?.name ?? null,
    modelFingerprint: model?.fingerprint ?? null,
    walRetentionSeconds: input.walRetentionSeconds ?? walRetentionSeconds,
    hnswM: input.hnsw?.m ?? hnswBuild.m,
    hnswEfConstruction: input.hnsw?.efConstruction ?? hnswBuild.efConstruction,
    ...(input.quantization !== undefined && { quantization: input.quantization }),
    ...(input.payloadIndexes !== undefined && {
      payloadIndexes: checkPayloadIndexes(input.payloadIndexes),
    }),
    ...(input.textIndex?.language !== undefined && { textLanguage: input.textIndex.language }),
    ...(input.tieringPolicy !== undefined && { tieringPolicy: input.tieringPolicy }),
    ...(input.syncPolicy !== undefined && { syncPolicy: input.syncPolicy }),
    ...(input.metric !== undefined && { metric: input.metric }),
    ...(input.maxDocumentCount !== undefined && { maxDocumentCount: input.maxDocumentCount }),
  };
}

/** A model that was asked for must fit the dimension; the default one is left out where it does not. */
async function chooseModel<Model>(
  { embeddingModel, dimension }: CreateCollectionInput,
  open: (name?: string, dimension?: number) => Promise<Model>,
): Promise<Model | undefined> {
  if (embeddingModel !== undefined) return await open(embeddingModel, dimension);
  try {
    return await open(undefined, dimension);
  } catch (error) {
    // Whether it fits is not known while it cannot be asked, and must not be decided by chance.
    if (!isAkiDbError(error) || error.code !== "invalid_argument") throw error;
    return undefined;
  }
}

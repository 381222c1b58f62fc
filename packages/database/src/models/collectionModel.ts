import { failedPrecondition, isAkiDbError } from "@akidb/base";
import type { CollectionRecord } from "@akidb/catalog";
import type { EmbeddingModel, EmbedOptions } from "@akidb/embedding";
import { requirePinned } from "./requirePinned.ts";
import type { ServedModels } from "./servedModels.ts";

/**
 * Rejects with `failed_precondition` where nothing can embed the collection's texts, or what can is not the model that it is
 * pinned to, and as the provider.
 */
export async function collectionModel(
  { embedding }: { readonly embedding: ServedModels },
  record: CollectionRecord,
  options: EmbedOptions,
): Promise<EmbeddingModel> {
  const { name, embeddingModel, dimension } = record;
  if (embeddingModel === null) {
    throw failedPrecondition(`collection "${name}" has no embedding model; give a vector instead of a text`);
  }
  try {
    const model = await embedding.model(embeddingModel, dimension, options);
    requirePinned(record, model);
    return model;
  } catch (error) {
    if (!isAkiDbError(error) || error.code !== "invalid_argument") throw error;
    throw failedPrecondition(
      `collection "${name}" was embedded with the model "${embeddingModel}", which the configured provider ` +
        `"${embedding.kindOf(embeddingModel)}" does not have; give vectors, or configure the provider that has it`,
    );
  }
}

import { failedPrecondition } from "@akidb/base";
import type { CollectionRecord } from "@akidb/catalog";
import type { EmbeddingModel, EmbeddingProvider } from "@akidb/embedding";

/** @throws AkiDbError `failed_precondition` where nothing can embed the collection's texts */
export function collectionModel(
  { embedding }: { readonly embedding: EmbeddingProvider },
  { name, embeddingModel, dimension }: CollectionRecord,
): EmbeddingModel {
  if (embeddingModel === null) {
    throw failedPrecondition(`collection "${name}" has no embedding model; give a vector instead of a text`);
  }
  try {
    return embedding.model(embeddingModel, dimension);
  } catch {
    throw failedPrecondition(
      `collection "${name}" was embedded with the model "${embeddingModel}", which the configured provider ` +
        `"${embedding.kind}" does not have; give vectors, or configure the provider that has it`,
    );
  }
}

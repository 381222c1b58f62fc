import { failedPrecondition, isAkiDbError } from "@akidb/base";
import type { Generation } from "@akidb/catalog";
import type { EmbeddingModel, EmbedOptions } from "@akidb/embedding";
import type { ServedModels } from "../models/servedModels.ts";

/**
 * What gives the vectors of a generation. Rejects with `failed_precondition` where the server does not have it, and as the provider.
 *
 * @param collection how it is called in messages
 */
export async function generationModel(
  embedding: ServedModels,
  collection: string,
  { embeddingModel: name, modelFingerprint: fingerprint, dimension }: Generation,
  options: EmbedOptions,
): Promise<EmbeddingModel> {
  const needed = `collection "${collection}" has texts to embed with the model of those vectors`;
  if (name === null || fingerprint === null) {
    throw failedPrecondition(`${needed}, and nobody knows which that was; cancel it`);
  }
  try {
    return await embedding.pinned({ name, fingerprint, dimension }, options);
  } catch (error) {
    if (!isAkiDbError(error) || error.code !== "failed_precondition") throw error;
    throw failedPrecondition(`${needed}: ${error.message}; configure that model and resume, or cancel`);
  }
}

import { failedPrecondition, isAkiDbError } from "@akidb/base";
import type { Generation } from "@akidb/catalog";
import type { EmbeddingModel, EmbeddingProvider, EmbedOptions } from "@akidb/embedding";

/**
 * What gives the vectors of a generation. Rejects with `failed_precondition` where the server does not have it, and as the provider.
 *
 * @param collection how it is called in messages
 */
export async function generationModel(
  embedding: EmbeddingProvider,
  collection: string,
  { embeddingModel, modelFingerprint, dimension }: Generation,
  options: EmbedOptions,
): Promise<EmbeddingModel> {
  const absent = (found: string) =>
    failedPrecondition(
      `collection "${collection}" has texts to embed with ` +
        `${embeddingModel === null ? "the model of before, which is not known" : `"${embeddingModel}"`} ` +
        `(fingerprint ${modelFingerprint}), and the server has ${found}: configure that model, or cancel`,
    );
  if (embeddingModel === null || modelFingerprint === null) throw absent("no such model");
  try {
    const model = await embedding.model(embeddingModel, dimension, options);
    if (model.fingerprint === modelFingerprint) return model;
    throw absent(`one of the fingerprint ${model.fingerprint}`);
  } catch (error) {
    if (isAkiDbError(error) && error.code === "invalid_argument") throw absent("no such model");
    throw error;
  }
}

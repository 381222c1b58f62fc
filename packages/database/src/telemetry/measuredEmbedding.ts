import { type Clock, isAkiDbError } from "@akidb/base";
import type { EmbeddingModel, EmbeddingProvider } from "@akidb/embedding";
import type { DatabaseMeter } from "./databaseMeter.ts";

type EmbeddingMeter = Pick<DatabaseMeter, "embedded" | "embeddingFailed">;

/** The same provider. */
export const measuredEmbedding = (
  provider: EmbeddingProvider,
  meter: EmbeddingMeter,
  clock: Clock,
): EmbeddingProvider => ({
  kind: provider.kind,
  modelNames: provider.modelNames,
  model: async (name, dimension, options) =>
    measuredModel(provider, await provider.model(name, dimension, options), { meter, clock }),
  probe: (options) => provider.probe(options),
  get state() {
    return provider.state;
  },
  get queueDepth() {
    return provider.queueDepth;
  },
  close: () => provider.close(),
});

const measuredModel = (
  { kind }: EmbeddingProvider,
  model: EmbeddingModel,
  { meter, clock }: { readonly meter: EmbeddingMeter; readonly clock: Clock },
): EmbeddingModel => ({
  name: model.name,
  dimension: model.dimension,
  maxTokens: model.maxTokens,
  fingerprint: model.fingerprint,
  embed: async (texts, options) => {
    const startMs = clock.monotonicMs();
    try {
      const embeddings = await model.embed(texts, options);
      meter.embedded(model.name, embeddings.totalTokens, clock.monotonicMs() - startMs);
      return embeddings;
    } catch (error) {
      const isOfCaller =
        options?.signal?.aborted || (isAkiDbError(error) && error.code === "invalid_argument");
      if (!isOfCaller) meter.embeddingFailed(model.name, kind);
      throw error;
    }
  },
});

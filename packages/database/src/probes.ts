import { type Clock, deadlineAfter, type Random } from "@akidb/base";
import { createEmbeddingProvider, type EmbeddingProviderKind } from "@akidb/embedding";
import type { ObjectStoreOptions } from "./objectStore/objectStoreOptions.ts";
import { openObjectStore } from "./objectStore/openObjectStore.ts";

export interface ObjectStoreProbe {
  readonly options: ObjectStoreOptions;
  readonly dataDirectory: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly timeoutMs: number;
}

/**
 * Asks the configured object store for the beginning of its list; changes nothing.
 *
 * @throws AkiDbError that tells why it cannot be used
 */
export async function probeObjectStore({ timeoutMs, ...opening }: ObjectStoreProbe): Promise<void> {
  const store = openObjectStore(opening);
  try {
    using deadline = deadlineAfter(opening.clock, timeoutMs);
    await store.list({ limit: 1, deadline });
  } finally {
    await store.close();
  }
}

export interface EmbeddingProbe {
  readonly provider: EmbeddingProviderKind;
  readonly model?: string | undefined;
}

/**
 * Embeds a text with the configured model.
 *
 * @throws AkiDbError that tells why it cannot be used
 */
export async function probeEmbedding({
  provider,
  model: name,
}: EmbeddingProbe): Promise<{ readonly model: string; readonly dimension: number }> {
  const model = await createEmbeddingProvider(provider).model(name);
  await model.embed(["a vector database"]);
  return { model: model.name, dimension: model.dimension };
}

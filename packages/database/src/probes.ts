import { type Clock, deadlineAfter, type Random, unavailable } from "@akidb/base";
import { createEmbeddingProvider } from "@akidb/embedding";
import type { ObjectStoreOptions } from "./objectStore/objectStoreOptions.ts";
import { openObjectStore } from "./objectStore/openObjectStore.ts";
import { type EmbeddingOptions, withModelDir } from "./openEmbedding.ts";

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
  readonly options: EmbeddingOptions;
  readonly dataDirectory: string;
  readonly clock: Clock;
  readonly timeoutMs: number;
}

/**
 * Embeds a text with the configured model.
 *
 * @throws AkiDbError that tells why it cannot be used
 */
export async function probeEmbedding({
  options,
  dataDirectory,
  clock,
  timeoutMs,
}: EmbeddingProbe): Promise<{ readonly model: string; readonly dimension: number }> {
  const provider = createEmbeddingProvider(
    options.provider ?? "hashing",
    withModelDir(options, dataDirectory),
  );
  try {
    using deadline = deadlineAfter(clock, timeoutMs);
    const { signal } = deadline;
    const model = await provider.model(options.model, undefined, { signal });
    await model.embed(["a vector database"], { signal });
    return { model: model.name, dimension: model.dimension };
  } catch (error) {
    // Whoever probes runs the server, and is told more than callers are.
    if (provider.state.status !== "degraded") throw error;
    throw unavailable(provider.state.reason, { cause: error });
  } finally {
    await provider.close();
  }
}

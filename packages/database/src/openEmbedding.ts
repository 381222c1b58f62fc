import { type Clock, isAkiDbError, type Random } from "@akidb/base";
import {
  createEmbeddingProvider,
  type EmbeddingProvider,
  type EmbeddingProviderKind,
  QueuedProvider,
  type ServerOptions,
} from "@akidb/embedding";
import type { DatabaseMeter } from "./telemetry/databaseMeter.ts";
import { measuredEmbedding } from "./telemetry/measuredEmbedding.ts";

export interface EmbeddingOptions extends ServerOptions {
  /** `hashing` if absent. */
  readonly provider?: EmbeddingProviderKind;
  /** Texts that may wait for a server; 10,000 if absent. */
  readonly maxQueue?: number;
}

interface EmbeddingParts {
  readonly meter: DatabaseMeter;
  readonly clock: Clock;
  readonly random: Random;
}

/** What computes on this thread is asked at once; texts for a server wait for their turn. */
export function openEmbedding(
  { provider: kind = "hashing", maxQueue = 10_000, ...options }: EmbeddingOptions = {},
  { meter, clock, random }: EmbeddingParts,
): EmbeddingProvider {
  const provider = measuredEmbedding(createEmbeddingProvider(kind, options), meter, clock);
  if (kind !== "http") return provider;
  return new QueuedProvider(provider, {
    batchSize: options.batchSize ?? 32,
    textsMax: maxQueue,
    clock,
    random,
  });
}

/**
 * Rejects where there can be no such model. That a server is away is no reason not to open: what brings vectors is served,
 * and it is asked again meanwhile.
 */
export async function checkDefaultModel(
  provider: EmbeddingProvider,
  name: string | undefined,
): Promise<void> {
  if (provider.kind === "http") return void provider.probe().catch(ignoreOutage);
  await provider.model(name);
}

function ignoreOutage(error: unknown): void {
  if (!isAkiDbError(error)) throw error;
}

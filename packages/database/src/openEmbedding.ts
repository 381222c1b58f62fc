import { join } from "node:path";
import { type Clock, isAkiDbError, type Random } from "@akidb/base";
import {
  createEmbeddingProvider,
  type EmbeddingProvider,
  type EmbeddingProviderKind,
  QueuedProvider,
  type ServerOptions,
} from "@akidb/embedding";
import type { LogEvent } from "./logEvent.ts";
import type { DatabaseMeter } from "./telemetry/databaseMeter.ts";
import { measuredEmbedding } from "./telemetry/measuredEmbedding.ts";

export interface EmbeddingOptions extends ServerOptions {
  /** `hashing` if absent. */
  readonly provider?: EmbeddingProviderKind;
  /** Texts that may wait for a server or a program; 10,000 if absent. */
  readonly maxQueue?: number;
}

interface EmbeddingParts {
  readonly meter: DatabaseMeter;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: (event: LogEvent) => void;
  readonly dataDirectory: string;
}

/** What computes on this thread is asked at once; texts for others wait for their turn. */
export function openEmbedding(
  { provider: kind = "hashing", maxQueue = 10_000, ...options }: EmbeddingOptions = {},
  { meter, clock, random, log, dataDirectory }: EmbeddingParts,
): EmbeddingProvider {
  const onProgramLine = (line: string) => log({ kind: "embedding_program_said", line });
  const created = createEmbeddingProvider(kind, withModelDir(options, dataDirectory), {
    clock,
    onProgramLine,
  });
  const provider = measuredEmbedding(created, meter, clock);
  if (!mayBeAway(kind)) return provider;
  return new QueuedProvider(provider, {
    batchSize: options.batchSize ?? 32,
    textsMax: maxQueue,
    clock,
    random,
  });
}

/** Models are in the data directory where nothing else is said. */
export const withModelDir = <Options extends ServerOptions>(
  options: Options,
  dataDirectory: string,
): Options & { readonly modelDir: string } => ({
  ...options,
  modelDir: options.modelDir ?? join(dataDirectory, "models"),
});

/** Others than this thread compute, which may fail for a while. */
const mayBeAway = (kind: EmbeddingProviderKind): boolean => kind !== "hashing" && kind !== "mock";

/**
 * Rejects where there can be no such model. That a server or a program is away is no reason not to open: what brings vectors is served,
 * and it is asked again meanwhile.
 */
export async function checkDefaultModel(
  provider: EmbeddingProvider,
  name: string | undefined,
): Promise<void> {
  if (mayBeAway(provider.kind)) return void provider.probe().catch(ignoreOutage);
  await provider.model(name);
}

function ignoreOutage(error: unknown): void {
  if (!isAkiDbError(error)) throw error;
}

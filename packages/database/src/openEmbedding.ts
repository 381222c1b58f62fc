import { type Clock, invalidArgument, invalidArguments, isAkiDbError, type Random } from "@akidb/base";
import {
  createEmbeddingProvider,
  type EmbeddingProvider,
  type EmbeddingProviderKind,
  QueuedProvider,
  type ServerOptions,
} from "@akidb/embedding";
import type { LogEvent } from "./logEvent.ts";
import { modelsDirectory } from "./models/modelsDirectory.ts";
import { type KeptChoice, ServedModels } from "./models/servedModels.ts";
import { ServedProvider } from "./models/servedProvider.ts";
import type { DatabaseMeter } from "./telemetry/databaseMeter.ts";
import { measuredEmbedding } from "./telemetry/measuredEmbedding.ts";

export interface ProviderOptions extends ServerOptions {
  /** `hashing` if absent. */
  readonly provider?: EmbeddingProviderKind;
  /** Texts that may wait for a server or a program; 10,000 if absent. */
  readonly maxQueue?: number;
}

export interface EmbeddingOptions extends ProviderOptions {
  /** A second model, of another name: loaded beside the first one, for whatever names it. */
  readonly next?: ProviderOptions | undefined;
}

interface EmbeddingParts {
  readonly meter: DatabaseMeter;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: (event: LogEvent) => void;
  readonly dataDirectory: string;
  readonly choice: KeptChoice;
}

/**
 * What computes on this thread is asked at once; texts for others wait for their turn, those of each model in a queue of its own.
 *
 * @throws AkiDbError `invalid_argument`: an option that a provider needs is missing, or both have one name
 */
export function openEmbedding(
  { next, ...present }: EmbeddingOptions = {},
  parts: EmbeddingParts,
): ServedModels {
  const { choice } = parts;
  const served = openProvider(present, parts);
  if (next === undefined) return new ServedModels([served], choice);
  const second = openNext(next, parts);
  if (second.name === served.name) {
    const detail = `must be another name than ${served.name}, by which collections know the model of before`;
    throw invalidArgument("embedding.next.model", detail);
  }
  return new ServedModels([served, second], choice);
}

/** Its options are in a section of their own. */
function openNext(options: ProviderOptions, parts: EmbeddingParts): ServedProvider {
  try {
    return openProvider(options, parts);
  } catch (error) {
    if (!isAkiDbError(error) || error.violations.length === 0) throw error;
    throw invalidArguments(
      error.violations.map(({ path, detail }) => ({
        path: path.replace(/^embedding\./, "embedding.next."),
        detail,
      })),
    );
  }
}

function openProvider(
  { provider: kind = "hashing", maxQueue = 10_000, ...options }: ProviderOptions,
  { meter, clock, random, log, dataDirectory }: EmbeddingParts,
): ServedProvider {
  const onProgramLine = (line: string) => log({ kind: "embedding_program_said", line });
  const open = (): EmbeddingProvider => {
    const given = withModelDir(options, dataDirectory);
    const provider = measuredEmbedding(
      createEmbeddingProvider(kind, given, { clock, onProgramLine }),
      meter,
      clock,
    );
    if (!mayBeAway(kind)) return provider;
    return new QueuedProvider(provider, {
      batchSize: options.batchSize ?? 32,
      textsMax: maxQueue,
      clock,
      random,
    });
  };
  return new ServedProvider({ name: options.model, open, mayBeAway: mayBeAway(kind) });
}

export const withModelDir = <Options extends ServerOptions>(
  options: Options,
  dataDirectory: string,
): Options & { readonly modelDir: string } => ({
  ...options,
  modelDir: options.modelDir ?? modelsDirectory(dataDirectory),
});

/** Others than this thread compute, which may fail for a while. */
const mayBeAway = (kind: EmbeddingProviderKind): boolean => kind !== "hashing" && kind !== "mock";

import { assertNever, type Clock, invalidArgument, systemClock } from "@akidb/base";
import { childProcess } from "./adapters/childProcess.ts";
import { openAiServer } from "./adapters/openAiServer.ts";
import type { EmbeddingProvider, EmbeddingProviderKind } from "./embeddingProvider.ts";
import { createHashingProvider } from "./hashing/hashingProvider.ts";
import type { HttpOptions } from "./http/httpOptions.ts";
import { HttpProvider } from "./http/httpProvider.ts";
import { createMockProvider } from "./mock/mockProvider.ts";
import type { ProgramOptions } from "./subprocess/programOptions.ts";
import { SubprocessProvider } from "./subprocess/subprocessProvider.ts";

/** What a server or a program is asked by; nothing of it concerns the models that are built in. */
export type ServerOptions = {
  readonly [Key in keyof (HttpOptions & ProgramOptions)]?: (HttpOptions & ProgramOptions)[Key] | undefined;
};

export interface ProviderParts {
  readonly clock?: Clock;
  /** What a program of its own writes to its standard error; bounded. */
  readonly onProgramLine?: (line: string) => void;
}

/** @throws AkiDbError `invalid_argument`: `http` without a URL or a model, `subprocess` without a command or a model */
export function createEmbeddingProvider(
  kind: EmbeddingProviderKind,
  options: ServerOptions = {},
  parts: ProviderParts = {},
): EmbeddingProvider {
  switch (kind) {
    case "hashing":
      return createHashingProvider();
    case "http":
      return createHttpProvider(options);
    case "subprocess":
      return createSubprocessProvider(options, parts);
    case "mock":
      return createMockProvider();
    default:
      return assertNever(kind);
  }
}

export function createHttpProvider({ url, model, ...options }: ServerOptions): EmbeddingProvider {
  if (url === undefined) throw missing("url", "http");
  if (model === undefined) throw missing("model", "http");
  const { batchSize, timeoutMs } = options;
  const given: HttpOptions = {
    url,
    model,
    apiKey: options.apiKey,
    ...(batchSize !== undefined && { batchSize }),
    ...(timeoutMs !== undefined && { timeoutMs }),
  };
  return new HttpProvider(given, openAiServer(given));
}

export function createSubprocessProvider(
  { command = [], model, pythonPath, ...options }: ServerOptions,
  { clock = systemClock, onProgramLine = () => {} }: ProviderParts = {},
): EmbeddingProvider {
  if (command.length === 0) throw missing("command", "subprocess");
  if (model === undefined) throw missing("model", "subprocess");
  const { batchSize, timeoutMs, startTimeoutMs } = options;
  const given: ProgramOptions = {
    command,
    model,
    ...(batchSize !== undefined && { batchSize }),
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(startTimeoutMs !== undefined && { startTimeoutMs }),
  };
  const whole = pythonPath === undefined ? command : [pythonPath, ...command];
  return new SubprocessProvider(given, { launch: () => childProcess(whole), clock, onLine: onProgramLine });
}

const missing = (key: string, provider: string): Error =>
  invalidArgument(`embedding.${key}`, `must be given where the provider is ${provider}`);

import { assertNever, type Clock, invalidArgument, systemClock } from "@akidb/base";
import { childProcess } from "./adapters/childProcess.ts";
import { onnxLauncher } from "./adapters/onnxLauncher.ts";
import { openAiServer } from "./adapters/openAiServer.ts";
import type { EmbeddingProvider, EmbeddingProviderKind } from "./embeddingProvider.ts";
import { createHashingProvider } from "./hashing/hashingProvider.ts";
import type { HttpOptions } from "./http/httpOptions.ts";
import { HttpProvider } from "./http/httpProvider.ts";
import { createMockProvider } from "./mock/mockProvider.ts";
import { isModelName } from "./onnx/modelFiles.ts";
import { type OnnxOptions, onnxDefaults } from "./onnx/onnxOptions.ts";
import type { ProgramOptions, SessionOptions } from "./subprocess/programOptions.ts";
import { SubprocessProvider } from "./subprocess/subprocessProvider.ts";

type AllOptions = HttpOptions & ProgramOptions & OnnxOptions;

/** What a server or a program is asked by; nothing of it concerns the models that are built in. */
export type ServerOptions = { readonly [Key in keyof AllOptions]?: AllOptions[Key] | undefined };

export interface ProviderParts {
  readonly clock?: Clock;
  /** What a program of its own writes to its standard error; bounded. */
  readonly onProgramLine?: (line: string) => void;
}

/** @throws AkiDbError `invalid_argument`: an option that the provider needs is missing */
export function createEmbeddingProvider(
  kind: EmbeddingProviderKind,
  options: ServerOptions = {},
  parts: ProviderParts = {},
): EmbeddingProvider {
  switch (kind) {
    case "hashing":
      return createHashingProvider();
    case "onnx":
      return createOnnxProvider(options, parts);
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

export function createOnnxProvider(
  { model, modelDir, device, idleMs = onnxDefaults.idleMs, ...options }: ServerOptions,
  { clock = systemClock, onProgramLine = () => {} }: ProviderParts = {},
): EmbeddingProvider {
  if (model === undefined) throw missing("model", "onnx");
  if (modelDir === undefined) throw missing("model_dir", "onnx");
  if (!isModelName(model)) {
    const detail = `${JSON.stringify(model)} is no folder's name, such as BAAI/bge-small-en-v1.5`;
    throw invalidArgument("embedding.model", detail);
  }
  const launch = onnxLauncher({ model, modelDir, ...(device !== undefined && { device }) });
  const given: SessionOptions = { model, idleMs, ...paceOf(options) };
  return new SubprocessProvider(given, { kind: "onnx", launch, clock, onLine: onProgramLine });
}

export function createSubprocessProvider(
  { command = [], model, pythonPath, ...options }: ServerOptions,
  { clock = systemClock, onProgramLine = () => {} }: ProviderParts = {},
): EmbeddingProvider {
  if (command.length === 0) throw missing("command", "subprocess");
  if (model === undefined) throw missing("model", "subprocess");
  const given: SessionOptions = { model, ...paceOf(options) };
  const whole = pythonPath === undefined ? command : [pythonPath, ...command];
  return new SubprocessProvider(given, { launch: () => childProcess(whole), clock, onLine: onProgramLine });
}

const paceOf = ({ batchSize, timeoutMs, startTimeoutMs }: ServerOptions) => ({
  ...(batchSize !== undefined && { batchSize }),
  ...(timeoutMs !== undefined && { timeoutMs }),
  ...(startTimeoutMs !== undefined && { startTimeoutMs }),
});

const missing = (key: string, provider: string): Error =>
  invalidArgument(`embedding.${key}`, `must be given where the provider is ${provider}`);

import { assertNever, invalidArgument } from "@akidb/base";
import { openAiServer } from "./adapters/openAiServer.ts";
import type { EmbeddingProvider, EmbeddingProviderKind } from "./embeddingProvider.ts";
import { createHashingProvider } from "./hashing/hashingProvider.ts";
import type { HttpOptions } from "./http/httpOptions.ts";
import { HttpProvider } from "./http/httpProvider.ts";
import { createMockProvider } from "./mock/mockProvider.ts";

/** What a server is asked by; nothing of it concerns the models that are built in. */
export type ServerOptions = { readonly [Key in keyof HttpOptions]?: HttpOptions[Key] | undefined };

/** @throws AkiDbError `invalid_argument`: `http` without a URL or a model */
export function createEmbeddingProvider(
  kind: EmbeddingProviderKind,
  options: ServerOptions = {},
): EmbeddingProvider {
  switch (kind) {
    case "hashing":
      return createHashingProvider();
    case "http":
      return createHttpProvider(options);
    case "mock":
      return createMockProvider();
    default:
      return assertNever(kind);
  }
}

export function createHttpProvider({ url, model, ...options }: ServerOptions): EmbeddingProvider {
  if (url === undefined) throw invalidArgument("embedding.url", "must be given where the provider is http");
  if (model === undefined)
    throw invalidArgument("embedding.model", "must be given where the provider is http");
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

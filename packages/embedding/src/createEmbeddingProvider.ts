import { assertNever } from "@akidb/base";
import type { EmbeddingProvider, EmbeddingProviderKind } from "./embeddingProvider.ts";
import { createHashingProvider } from "./hashing/hashingProvider.ts";
import { createMockProvider } from "./mock/mockProvider.ts";

export function createEmbeddingProvider(kind: EmbeddingProviderKind): EmbeddingProvider {
  switch (kind) {
    case "hashing":
      return createHashingProvider();
    case "mock":
      return createMockProvider();
    default:
      return assertNever(kind);
  }
}

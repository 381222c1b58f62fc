import { expect, test } from "vitest";
import { createEmbeddingProvider } from "./createEmbeddingProvider.ts";
import { embeddingProviderKinds } from "./embeddingProvider.ts";

test.each(embeddingProviderKinds)("makes a %s provider", (kind) => {
  expect(createEmbeddingProvider(kind).kind).toBe(kind);
});

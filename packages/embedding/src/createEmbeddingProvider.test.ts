import { expect, test } from "vitest";
import { createEmbeddingProvider } from "./createEmbeddingProvider.ts";
import { embeddingProviderKinds } from "./embeddingProvider.ts";

const server = { url: "http://127.0.0.1:1/v1", model: "any" };

test.each(embeddingProviderKinds)("makes a %s provider", async (kind) => {
  const provider = createEmbeddingProvider(kind, server);
  expect(provider.kind).toBe(kind);
  await provider.close();
});

test.each(["url", "model"] as const)("needs the %s of a server", (key) => {
  expect(() => createEmbeddingProvider("http", { ...server, [key]: undefined })).toThrow(`embedding.${key}`);
});

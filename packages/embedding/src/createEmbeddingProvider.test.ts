import { expect, test } from "vitest";
import { createEmbeddingProvider } from "./createEmbeddingProvider.ts";
import { embeddingProviderKinds } from "./embeddingProvider.ts";

const server = { url: "http://127.0.0.1:1/v1", model: "any", command: ["any"], modelDir: "/nowhere" };

test.each(embeddingProviderKinds)("makes a %s provider", async (kind) => {
  const provider = createEmbeddingProvider(kind, server);
  expect(provider.kind).toBe(kind);
  await provider.close();
});

test.each([
  ["onnx", "model"],
  ["http", "url"],
  ["http", "model"],
  ["subprocess", "command"],
  ["subprocess", "model"],
] as const)("%s needs the %s", (kind, key) => {
  expect(() => createEmbeddingProvider(kind, { ...server, [key]: undefined })).toThrow(`embedding.${key}`);
});

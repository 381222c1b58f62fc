import { expect, test } from "vitest";
import { checkEmbeddingProvider } from "../embeddingProvider.contract.ts";
import { createMockProvider } from "./mockProvider.ts";

checkEmbeddingProvider("mock", createMockProvider);

test("has 16 dimensions if not told otherwise", async () => {
  expect((await createMockProvider().model()).dimension).toBe(16);
});

test("counts what white space separates", async () => {
  const { totalTokens } = await (await createMockProvider().model()).embed(["  one two,\nthree ", "four"]);
  expect(totalTokens).toBe(4);
});

test("different texts are unrelated, however alike", async () => {
  const dimension = 1_024;
  const { vectors } = await (await createMockProvider().model("mock", dimension)).embed([
    "a red fox",
    "a red box",
  ]);
  let cosine = 0;
  for (let i = 0; i < dimension; i++) cosine += vectors[i]! * vectors[dimension + i]!;
  expect(Math.abs(cosine)).toBeLessThan(0.15);
});

import { invalidArgument, systemClock, unavailable } from "@akidb/base";
import { createMockProvider, type EmbeddingProvider } from "@akidb/embedding";
import { expect, it } from "vitest";
import { measuredEmbedding } from "./measuredEmbedding.ts";

async function measured(provider: EmbeddingProvider) {
  const told: unknown[] = [];
  const meter = {
    embedded: (model: string, tokenCount: number) => void told.push([model, tokenCount]),
    embeddingFailed: (model: string, kind: string) => void told.push([model, kind]),
  };
  return { model: await measuredEmbedding(provider, meter, systemClock).model(), told };
}

async function failing(error: Error): Promise<EmbeddingProvider> {
  const model = { ...(await createMockProvider().model()), embed: () => Promise.reject(error) };
  return { ...createMockProvider(), model: async () => model };
}

it("tells of tokens, by the model's name, and gives what the model gives", async () => {
  const { model, told } = await measured(createMockProvider());
  const plain = await createMockProvider().model();
  expect(model).toMatchObject({ name: plain.name, dimension: 16, fingerprint: plain.fingerprint });
  expect(await model.embed(["two words", "one"])).toEqual(await plain.embed(["two words", "one"]));
  expect(told).toEqual([["mock", 3]]);
});

it("tells of failures of the provider, and of no others", async () => {
  const broken = await measured(await failing(unavailable("away")));
  await expect(broken.model.embed(["a"])).rejects.toThrow("away");
  expect(broken.told).toEqual([["mock", "mock"]]);
  const blamed = await measured(await failing(invalidArgument("texts[0]", "is empty")));
  await expect(blamed.model.embed([""])).rejects.toThrow();
  const left = await measured(await failing(unavailable("gone")));
  await expect(left.model.embed(["a"], { signal: AbortSignal.abort() })).rejects.toThrow();
  expect([...blamed.told, ...left.told]).toEqual([]);
});

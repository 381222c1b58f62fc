import { invalidArgument, systemClock, unavailable } from "@akidb/base";
import { createMockProvider, type EmbeddingProvider } from "@akidb/embedding";
import { expect, it } from "vitest";
import { measuredEmbedding } from "./measuredEmbedding.ts";

function measured(provider: EmbeddingProvider) {
  const told: unknown[] = [];
  const meter = {
    embedded: (model: string, tokenCount: number) => void told.push([model, tokenCount]),
    embeddingFailed: (kind: string) => void told.push(kind),
  };
  return { model: measuredEmbedding(provider, meter, systemClock).model(), told };
}

function failing(error: Error): EmbeddingProvider {
  const model = { ...createMockProvider().model(), embed: () => Promise.reject(error) };
  return { ...createMockProvider(), model: () => model };
}

it("tells of tokens, by the model's name, and gives what the model gives", async () => {
  const { model, told } = measured(createMockProvider());
  const plain = createMockProvider().model();
  expect(model).toMatchObject({ name: plain.name, dimension: 16, fingerprint: plain.fingerprint });
  expect(await model.embed(["two words", "one"])).toEqual(await plain.embed(["two words", "one"]));
  expect(told).toEqual([["mock", 3]]);
});

it("tells of failures of the provider, and of no others", async () => {
  const broken = measured(failing(unavailable("away")));
  await expect(broken.model.embed(["a"])).rejects.toThrow("away");
  expect(broken.told).toEqual(["mock"]);
  const blamed = measured(failing(invalidArgument("texts[0]", "is empty")));
  await expect(blamed.model.embed([""])).rejects.toThrow();
  const left = measured(failing(unavailable("gone")));
  await expect(left.model.embed(["a"], { signal: AbortSignal.abort() })).rejects.toThrow();
  expect([...blamed.told, ...left.told]).toEqual([]);
});

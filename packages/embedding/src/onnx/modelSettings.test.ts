import { expect, it } from "vitest";
import { type ModelDocuments, modelSettings } from "./modelSettings.ts";

const nothing: ModelDocuments = {
  config: undefined,
  tokenizerConfig: undefined,
  modules: undefined,
  pooling: undefined,
  sentenceBert: undefined,
  sentenceTransformers: undefined,
};

const settings = (documents: Partial<ModelDocuments>) => modelSettings({ ...nothing, ...documents });

it("a folder that says nothing pools by the mean, has no prefixes and reads 512 tokens", () => {
  const plain = {
    pooling: "mean",
    prefixes: { query: "", document: "" },
    maxTokens: 512,
    furtherLayer: undefined,
  };
  expect(settings({})).toEqual(plain);
  expect(settings({ config: [], tokenizerConfig: 1, modules: {}, pooling: "cls" })).toEqual(plain);
});

it.each([
  [{ sentenceBert: { max_seq_length: 256 }, config: { max_position_embeddings: 512 } }, 256],
  [{ tokenizerConfig: { model_max_length: 512 }, config: { max_position_embeddings: 514 } }, 512],
  [{ tokenizerConfig: { model_max_length: 1e30 }, config: { max_position_embeddings: 8_192 } }, 8_192],
  [{ sentenceBert: { max_seq_length: null }, tokenizerConfig: { model_max_length: -1 } }, 512],
])("reads the length from where it stands: %j", (documents, maxTokens) => {
  expect(settings(documents).maxTokens).toBe(maxTokens);
});

it("takes a passage's prompt for documents", () => {
  const prompts = { query: "query: ", passage: "passage: ", document: "" };
  expect(settings({ sentenceTransformers: { prompts } }).prefixes).toEqual({
    query: "query: ",
    document: "",
  });
  expect(settings({ sentenceTransformers: { prompts: { passage: "p: " } } }).prefixes.document).toBe("p: ");
  expect(() => settings({ sentenceTransformers: { prompts }, pooling: { include_prompt: false } })).toThrow(
    "prompts",
  );
});

it("refuses a pooling that it does not know", () => {
  for (const pooling of [
    { pooling_mode_max_tokens: true },
    { pooling_mode_cls_token: true, pooling_mode_mean_tokens: true },
    { pooling_mode: "weightedmean" },
  ]) {
    expect(() => settings({ pooling })).toThrow(/asks for .*; cls, mean and last token are there/);
  }
});

it("names a layer behind the pooling", () => {
  const types = ["Transformer", "Pooling", "Dense", "Normalize"];
  const modules = types.map((type) => ({ type: `sentence_transformers.models.${type}` }));
  expect(settings({ modules }).furtherLayer).toBe("Dense");
});

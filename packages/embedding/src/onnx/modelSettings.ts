import { isPlainObject } from "@akidb/base";
import type { InputType } from "../embeddingProvider.ts";

export type Pooling = "mean" | "cls" | "last";

/** How a model's texts become vectors, beside its weights and its tokenizer. */
export interface ModelSettings {
  readonly pooling: Pooling;
  /** Words before each text. */
  readonly prefixes: Readonly<Record<InputType, string>>;
  /** Of one text, its prefix and special tokens among them. */
  readonly maxTokens: number;
  /** Layers behind the pooling, which only weights that pool by themselves have; undefined where there are none. */
  readonly furtherLayer: string | undefined;
}

/** The JSON of a folder that transformers and sentence-transformers have written; undefined for files that are not there. */
export interface ModelDocuments {
  readonly config: unknown;
  readonly tokenizerConfig: unknown;
  readonly modules: unknown;
  readonly pooling: unknown;
  readonly sentenceBert: unknown;
  readonly sentenceTransformers: unknown;
}

/** Of a folder that says nothing. */
const usualTokensMax = 512;
/** What transformers writes for "no bound" is some 10^30. */
const sensibleTokensMax = 1_000_000;

/** @throws Error with the reason why texts cannot be embedded as the folder says */
export function modelSettings(documents: ModelDocuments): ModelSettings {
  return {
    pooling: poolingOf(fields(documents.pooling)),
    prefixes: prefixesOf(fields(documents.sentenceTransformers), fields(documents.pooling)),
    maxTokens: maxTokensOf(documents),
    furtherLayer: furtherLayerOf(documents.modules),
  };
}

function poolingOf(config: Fields): Pooling {
  const known: Readonly<Record<string, Pooling>> = {
    cls_token: "cls",
    mean_tokens: "mean",
    lasttoken: "last",
    cls: "cls",
    mean: "mean",
  };
  const asked = [
    ...Object.keys(config).filter((key) => key.startsWith("pooling_mode_") && config[key] === true),
    ...(typeof config["pooling_mode"] === "string" ? [config["pooling_mode"]] : []),
  ].map((key) => key.replace(/^pooling_mode_/, ""));
  if (asked.length === 0) return "mean";
  const [only = ""] = asked;
  const pooling = asked.length === 1 ? known[only] : undefined;
  if (pooling !== undefined) return pooling;
  throw new Error(
    `1_Pooling/config.json asks for ${asked.join(" and ")}; cls, mean and last token are there`,
  );
}

function prefixesOf(config: Fields, pooling: Fields): ModelSettings["prefixes"] {
  const prompts = fields(config["prompts"]);
  const first = (...keys: readonly string[]): string =>
    keys.map((key) => prompts[key]).find((prompt) => typeof prompt === "string") ?? "";
  const prefixes = { query: first("query"), document: first("document", "passage") };
  if (pooling["include_prompt"] === false && (prefixes.query !== "" || prefixes.document !== "")) {
    throw new Error("1_Pooling/config.json leaves prompts out of the pooling, which is not possible here");
  }
  return prefixes;
}

function maxTokensOf({ sentenceBert, tokenizerConfig, config }: ModelDocuments): number {
  const told = fields(sentenceBert)["max_seq_length"];
  if (isSensible(told)) return told;
  const bounds = [
    fields(tokenizerConfig)["model_max_length"],
    fields(config)["max_position_embeddings"],
  ].filter(isSensible);
  return bounds.length === 0 ? usualTokensMax : Math.min(...bounds);
}

const isSensible = (tokens: unknown): tokens is number =>
  Number.isInteger(tokens) && (tokens as number) > 0 && (tokens as number) <= sensibleTokensMax;

function furtherLayerOf(modules: unknown): string | undefined {
  const layers = (Array.isArray(modules) ? modules : []).map((module) => String(fields(module)["type"]));
  return layers
    .map((type) => type.slice(type.lastIndexOf(".") + 1))
    .find((layer) => !["Transformer", "Pooling", "Normalize"].includes(layer));
}

type Fields = Readonly<Record<string, unknown>>;

const fields = (json: unknown): Fields => (isPlainObject(json) ? (json as Fields) : {});

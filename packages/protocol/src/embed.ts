import type { EmbedInput, EmbedResult } from "@akidb/base";
import Type, { type Static } from "typebox";
import { definedFields } from "./definedFields.ts";

export const EmbedBody = Type.Object(
  {
    texts: Type.Array(Type.String(), { examples: [["sorting in linear time"]] }),
    model: Type.Optional(Type.String({ description: "Default: the server's.", examples: ["hashing"] })),
    dimension: Type.Optional(
      Type.Integer({ description: "Default: the model's own. Refused where the model cannot give it." }),
    ),
  },
  { $id: "Embed", additionalProperties: false, examples: [{ texts: ["sorting in linear time"] }] },
);
export type EmbedBody = Static<typeof EmbedBody>;

export const EmbedResponse = Type.Object(
  {
    embeddings: Type.Array(Type.Array(Type.Number()), { description: "One for each text, in their order." }),
    model: Type.String({ examples: ["hashing"] }),
    dimension: Type.Integer({ examples: [384] }),
    usage: Type.Object({
      total_tokens: Type.Integer({ examples: [4] }),
      duration_ms: Type.Number({ examples: [0.2] }),
    }),
  },
  { $id: "Embeddings" },
);
export type EmbedResponse = Static<typeof EmbedResponse>;

export const embedFromWire = (body: EmbedBody): EmbedInput => definedFields<EmbedInput>(body);

export const embedToWire = (input: EmbedInput): EmbedBody =>
  definedFields<EmbedBody>({ texts: [...input.texts], model: input.model, dimension: input.dimension });

export const embedResultToWire = (result: EmbedResult): EmbedResponse => ({
  embeddings: result.embeddings.map((embedding) => Array.from(embedding)),
  model: result.model,
  dimension: result.dimension,
  usage: { total_tokens: result.usage.totalTokens, duration_ms: result.usage.durationMs },
});

export const embedResultFromWire = (response: EmbedResponse): EmbedResult => ({
  embeddings: response.embeddings.map((embedding) => Float32Array.from(embedding)),
  model: response.model,
  dimension: response.dimension,
  usage: { totalTokens: response.usage.total_tokens, durationMs: response.usage.duration_ms },
});

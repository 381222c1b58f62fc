import { type ModelInfo, modelStates } from "@akidb/base";
import Type, { type Static } from "typebox";
import { stringEnum } from "./stringEnum.ts";

export const ModelResource = Type.Object(
  {
    model_id: Type.String({ format: "uuid" }),
    name: Type.String({ examples: ["hashing"] }),
    provider: Type.String({ description: "What had it when it was last seen.", examples: ["hashing"] }),
    dimension: Type.Integer({ examples: [384] }),
    max_tokens: Type.Union([Type.Integer(), Type.Null()], {
      description: "Of one text; null where nobody tells.",
    }),
    fingerprint: Type.String({
      description: "The same for two models of a name if, and only if, they give the same vectors.",
      examples: ["hashing/1/384"],
    }),
    state: stringEnum(modelStates, {
      description:
        "`unloaded`: another one was switched to, and no collection needs it; its next text loads it. " +
        "`unavailable`: its provider does not answer now. `absent`: the server is configured with another one, of the same " +
        "name it may be, and collections that are pinned to this take vectors alone.",
    }),
    is_default: Type.Boolean({
      description: "Whether it embeds for collections and requests that name none.",
    }),
    collection_count: Type.Integer({ description: "How many of the tenant's collections are pinned to it." }),
    created_at: Type.String({ format: "date-time" }),
  },
  { $id: "Model" },
);
export type ModelResource = Static<typeof ModelResource>;

export const ModelList = Type.Object({
  models: Type.Array(ModelResource, {
    description:
      "That of collections that name none first, then the server's others, then what collections are pinned to alone.",
  }),
});
export type ModelList = Static<typeof ModelList>;

export const ModelPath = Type.Object({
  model: Type.String({
    description: "The model's name or id; of several with the name, that which comes first in the list.",
  }),
});
export type ModelPath = Static<typeof ModelPath>;

export const modelToWire = (model: ModelInfo): ModelResource => ({
  model_id: model.id,
  name: model.name,
  provider: model.provider,
  dimension: model.dimension,
  max_tokens: model.maxTokens,
  fingerprint: model.fingerprint,
  state: model.state,
  is_default: model.isDefault,
  collection_count: model.collectionCount,
  created_at: model.createdAt,
});

export const modelFromWire = (resource: ModelResource): ModelInfo => ({
  id: resource.model_id,
  name: resource.name,
  provider: resource.provider,
  dimension: resource.dimension,
  maxTokens: resource.max_tokens,
  fingerprint: resource.fingerprint,
  state: resource.state,
  isDefault: resource.is_default,
  collectionCount: resource.collection_count,
  createdAt: resource.created_at,
});

export const modelListToWire = (models: readonly ModelInfo[]): ModelList => ({
  models: models.map(modelToWire),
});

export const modelListFromWire = ({ models }: ModelList): readonly ModelInfo[] => models.map(modelFromWire);

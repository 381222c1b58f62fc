import {
  type EmbeddedWith,
  type ReembeddingInfo,
  reembeddingProgressStates,
  type StartReembeddingInput,
} from "@akidb/base";
import Type, { type Static } from "typebox";
import { stringEnum } from "./stringEnum.ts";

const nullable = <Schema extends Type.TSchema>(schema: Schema, description: string) =>
  Type.Union([schema, Type.Null()], { description });

const EmbeddedWithResource = Type.Object({
  embedding_model: nullable(Type.String(), "Null for vectors that clients brought."),
  model_fingerprint: Type.Union([Type.String(), Type.Null()]),
  dimension: Type.Integer({ examples: [768] }),
});
type EmbeddedWithResource = Static<typeof EmbeddedWithResource>;

export const ReembeddingResource = Type.Object(
  {
    reembedding_id: Type.String({ format: "uuid" }),
    collection_id: Type.String({ format: "uuid" }),
    state: stringEnum(reembeddingProgressStates, {
      description:
        "`catching_up`: every document has its vector, and what was written meanwhile follows; then it flips. `flipped`: the " +
        "collection has the new vectors.",
    }),
    state_reason: nullable(
      Type.String(),
      "Why it is paused, where nobody asked for it, or what it waits for; null otherwise.",
    ),
    from: EmbeddedWithResource,
    to: EmbeddedWithResource,
    documents_done: nullable(
      Type.Integer(),
      "That have their new vector; null where nobody looks: it is paused, or over.",
    ),
    documents_total: Type.Union([Type.Integer(), Type.Null()]),
    documents_per_second: nullable(Type.Number(), "Of late; null until that is known."),
    seconds_left: nullable(Type.Integer(), "Until all have theirs, about."),
    keep_until: nullable(
      Type.String({ format: "date-time" }),
      "Until when there is a way back; null where there is none.",
    ),
    started_at: Type.String({ format: "date-time" }),
    updated_at: Type.String({ format: "date-time" }),
  },
  { $id: "Reembedding" },
);
export type ReembeddingResource = Static<typeof ReembeddingResource>;

export const StartReembeddingBody = Type.Object(
  {
    model: Type.Optional(
      Type.String({
        description: "Its name or id; the server's default one if absent.",
        examples: ["hashing"],
      }),
    ),
    dimension: Type.Optional(
      Type.Integer({ description: "The model's own if absent.", minimum: 1, examples: [768] }),
    ),
  },
  { additionalProperties: false, examples: [{ model: "hashing", dimension: 768 }] },
);
export type StartReembeddingBody = Static<typeof StartReembeddingBody>;

export const startReembeddingToWire = ({
  model,
  dimension,
}: StartReembeddingInput): StartReembeddingBody => ({
  ...(model !== undefined && { model }),
  ...(dimension !== undefined && { dimension }),
});

export const reembeddingToWire = (info: ReembeddingInfo): ReembeddingResource => ({
  reembedding_id: info.id,
  collection_id: info.collectionId,
  state: info.state,
  state_reason: info.stateReason,
  from: embeddedWithToWire(info.from),
  to: embeddedWithToWire(info.to),
  documents_done: info.documentsDone,
  documents_total: info.documentsTotal,
  documents_per_second: info.documentsPerSecond,
  seconds_left: info.secondsLeft,
  keep_until: info.keepUntil,
  started_at: info.startedAt,
  updated_at: info.updatedAt,
});

export const reembeddingFromWire = (resource: ReembeddingResource): ReembeddingInfo => ({
  id: resource.reembedding_id,
  collectionId: resource.collection_id,
  state: resource.state,
  stateReason: resource.state_reason,
  from: embeddedWithFromWire(resource.from),
  to: embeddedWithFromWire(resource.to),
  documentsDone: resource.documents_done,
  documentsTotal: resource.documents_total,
  documentsPerSecond: resource.documents_per_second,
  secondsLeft: resource.seconds_left,
  keepUntil: resource.keep_until,
  startedAt: resource.started_at,
  updatedAt: resource.updated_at,
});

const embeddedWithToWire = (embedded: EmbeddedWith): EmbeddedWithResource => ({
  embedding_model: embedded.embeddingModel,
  model_fingerprint: embedded.modelFingerprint,
  dimension: embedded.dimension,
});

const embeddedWithFromWire = (resource: EmbeddedWithResource): EmbeddedWith => ({
  embeddingModel: resource.embedding_model,
  modelFingerprint: resource.model_fingerprint,
  dimension: resource.dimension,
});

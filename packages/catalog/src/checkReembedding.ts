import { limits } from "@akidb/base";
import { catalogLimits as max } from "./catalogLimits.ts";
import {
  checkInteger,
  checkLine,
  checkOneOf,
  checkText,
  checkTimestamp,
  refuseBadFields,
} from "./fieldCheck.ts";
import { type Generation, type ReembeddingChanges, reembeddingStates } from "./reembedding.ts";

/** @throws `invalid_argument` that names every bad field */
export function checkGeneration(to: Generation): void {
  refuseBadFields([
    checkInteger("generation", to.generation, 0, max.generationMax),
    checkInteger("dimension", to.dimension, limits.dimensionMin, limits.dimensionMax),
    to.embeddingModel === null
      ? undefined
      : checkLine("embedding_model", to.embeddingModel, max.embeddingModelCharactersMax),
    to.modelFingerprint === null
      ? undefined
      : checkLine("model_fingerprint", to.modelFingerprint, max.modelFingerprintCharactersMax),
  ]);
}

/** @throws `invalid_argument` that names every bad field */
export function checkReembedding({ state, stateReason, keepUntil }: ReembeddingChanges): void {
  refuseBadFields([
    checkOneOf("state", state, reembeddingStates),
    stateReason === null
      ? undefined
      : checkText("state_reason", stateReason, max.reembeddingReasonCharactersMax),
    keepUntil === null ? undefined : checkTimestamp("keep_until", keepUntil),
  ]);
}

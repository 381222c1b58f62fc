import { limits } from "@akidb/base";
import { catalogLimits as max } from "./catalogLimits.ts";
import { checkInteger, checkLine, refuseBadFields } from "./fieldCheck.ts";
import type { ModelAttributes } from "./model.ts";

/** @throws `invalid_argument` that names every bad field */
export function checkModel(model: ModelAttributes): void {
  refuseBadFields([
    checkLine("name", model.name, max.embeddingModelCharactersMax),
    checkLine("provider", model.provider, max.modelProviderCharactersMax),
    checkInteger("dimension", model.dimension, limits.dimensionMin, limits.dimensionMax),
    model.maxTokens === null
      ? undefined
      : checkInteger("max_tokens", model.maxTokens, 1, Number.MAX_SAFE_INTEGER),
    checkLine("fingerprint", model.fingerprint, max.modelFingerprintCharactersMax),
  ]);
}

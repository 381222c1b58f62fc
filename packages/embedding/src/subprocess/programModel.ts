import { limits } from "@akidb/base";
import { type ProgramMessage, protocolVersion } from "./programMessage.ts";

/** What a program says of the model that it has loaded. */
export interface ProgramModel {
  readonly dimension: number;
  readonly maxTokens: number;
  /** The program's own, of weights and settings. */
  readonly fingerprint: string;
}

const fingerprintCharactersMax = 200;

/** @returns why it cannot be used, as the end of a sentence, or the model */
export function programModel(
  { version, model, dimension, maxTokens, fingerprint }: Extract<ProgramMessage, { type: "ready" }>,
  wanted: string,
): ProgramModel | string {
  if (version !== protocolVersion) {
    return `speaks version ${JSON.stringify(version)} of the protocol and not ${protocolVersion}`;
  }
  if (model !== wanted) {
    const told = typeof model === "string" ? model.slice(0, 100) : model;
    return `has the model ${JSON.stringify(told)} and not ${JSON.stringify(wanted)}`;
  }
  const isDimension =
    Number.isInteger(dimension) &&
    (dimension as number) >= limits.dimensionMin &&
    (dimension as number) <= limits.dimensionMax;
  if (!isDimension) {
    const allowed = `${limits.dimensionMin} to ${limits.dimensionMax} can be stored`;
    return `has a model of ${JSON.stringify(dimension)} dimensions; ${allowed}`;
  }
  if (!Number.isSafeInteger(maxTokens) || (maxTokens as number) < 1) {
    return "does not say how many tokens its model reads (max_tokens)";
  }
  const isFingerprint = typeof fingerprint === "string" && /^[\x21-\x7e]+$/.test(fingerprint);
  if (!isFingerprint || fingerprint.length > fingerprintCharactersMax) {
    return "does not say by what its model is known (fingerprint: up to 200 printable ASCII characters)";
  }
  return { dimension: dimension as number, maxTokens: maxTokens as number, fingerprint };
}

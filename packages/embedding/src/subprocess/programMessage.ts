import { isPlainObject } from "@akidb/base";

/** Raised where a message changes its meaning. */
export const protocolVersion = 1;

export type ProgramRequest =
  | { readonly type: "hello"; readonly versions: readonly number[]; readonly model: string }
  | {
      readonly type: "embed";
      readonly id: number;
      readonly kind: "query" | "document";
      readonly texts: readonly string[];
    };

/** One line of the program's output. Of what it says, only what is read here was looked at. */
export type ProgramMessage =
  | {
      readonly type: "ready";
      readonly version: unknown;
      readonly model: unknown;
      readonly dimension: unknown;
      readonly maxTokens: unknown;
      readonly fingerprint: unknown;
    }
  | {
      readonly type: "embeddings";
      readonly id: unknown;
      readonly embeddings: unknown;
      readonly tokens: unknown;
      /** Undefined where the program does not tell. */
      readonly truncated: unknown;
    }
  | {
      readonly type: "error";
      /** Undefined where the program as a whole is meant. */
      readonly id: unknown;
      readonly code: unknown;
      readonly reason: string;
      /** Of the request's, those that it refuses. */
      readonly texts: ReadonlyMap<number, string>;
    };

/** @returns undefined where it is none */
export function programMessage(line: string): ProgramMessage | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (!isPlainObject(parsed)) return undefined;
  const message = parsed as Record<string, unknown>;
  const { type, id } = message;
  switch (type) {
    case "ready": {
      const { version, model, dimension, max_tokens: maxTokens, fingerprint } = message;
      return { type, version, model, dimension, maxTokens, fingerprint };
    }
    case "embeddings": {
      const { embeddings, tokens, truncated } = message;
      return { type, id, embeddings, tokens, truncated };
    }
    case "error": {
      const { code, reason, texts } = message;
      return { type, id: id ?? undefined, code, reason: shownReason(reason), texts: refusalsOf(texts) };
    }
    default:
      return undefined;
  }
}

function refusalsOf(texts: unknown): ReadonlyMap<number, string> {
  const refusals = new Map<number, string>();
  for (const one of Array.isArray(texts) ? texts : []) {
    const { index, reason } = (isPlainObject(one) ? one : {}) as Record<string, unknown>;
    if (Number.isSafeInteger(index)) refusals.set(index as number, shownReason(reason));
  }
  return refusals;
}

const reasonCharactersMax = 300;

function shownReason(reason: unknown): string {
  if (typeof reason !== "string") return "no reason given";
  const line = reason
    .slice(0, 2 * reasonCharactersMax)
    .replace(/[\p{C}\s]+/gu, " ")
    .trim();
  return line.length > reasonCharactersMax ? `${line.slice(0, reasonCharactersMax)}…` : line;
}

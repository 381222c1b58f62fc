import type { JsonValue } from "@akidb/base";

const jsonNumber = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

/** A double holds 15 decimal digits of any number; with more, digits of an identifier would be lost. */
const digitsMax = 15;

/** Numbers and booleans as JSON writes them; everything else, such as `007`, stays text. Undefined for an empty cell. */
export function csvValue(text: string): JsonValue | undefined {
  if (text === "") return undefined;
  if (text === "true" || text === "false") return text === "true";
  if (!jsonNumber.test(text) || text.replace(/[eE].*$/, "").replace(/\D/g, "").length > digitsMax)
    return text;
  const value = Number(text);
  return Number.isFinite(value) ? value : text;
}

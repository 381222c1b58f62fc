import { limits, parseId } from "@akidb/base";
import type { FieldCheck } from "./fieldCheck.ts";

const pattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;

/** Of a name that may stand in a URL wherever an identifier may: so it must not look like one. */
export function checkName(path: string, value: string): FieldCheck {
  const charactersMax = limits.collectionNameCharactersMax;
  if (typeof value !== "string" || !pattern.test(value) || value.length > charactersMax) {
    return {
      path,
      detail:
        `must have 1 to ${charactersMax} characters: letters, digits, "_", "-" and ".", ` +
        `beginning with a letter, a digit or "_"`,
    };
  }
  if (parseId(value) !== undefined) return { path, detail: "must not have the shape of a UUID" };
  return undefined;
}

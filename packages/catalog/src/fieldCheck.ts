import { type FieldViolation, formatTimestamp, invalidArguments } from "@akidb/base";

/** What is wrong with one field; undefined where nothing is. */
export type FieldCheck = FieldViolation | undefined;

/** @throws one `invalid_argument` that names every bad field */
export function refuseBadFields(checks: readonly FieldCheck[]): void {
  const violations = checks.filter((check) => check !== undefined);
  if (violations.length > 0) throw invalidArguments(violations);
}

export function checkInteger(path: string, value: number, min: number, max: number): FieldCheck {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return undefined;
  return { path, detail: `must be an integer from ${min} to ${max}` };
}

export function checkOneOf(path: string, value: string, allowed: readonly string[]): FieldCheck {
  return allowed.includes(value) ? undefined : { path, detail: `must be one of ${allowed.join(", ")}` };
}

/** Of a time in the one form that every table and API has. */
export function checkTimestamp(path: string, value: string): FieldCheck {
  const ms = typeof value === "string" && /^\d{4}-/.test(value) ? Date.parse(value) : Number.NaN;
  if (!Number.isNaN(ms) && formatTimestamp(ms) === value) return undefined;
  return { path, detail: "must be a time in UTC with milliseconds, as in 2026-01-31T09:30:00.000Z" };
}

/** Of text that is shown in one line. Lengths count code points, as SQLite does. */
export function checkLine(path: string, value: string, charactersMax: number): FieldCheck {
  const sound =
    typeof value === "string" &&
    value !== "" &&
    value.trim() === value &&
    !/\p{Cc}/u.test(value) &&
    isStorable(value, charactersMax);
  if (sound) return undefined;
  return {
    path,
    detail: `must have 1 to ${charactersMax} characters, no control characters and no space at either end`,
  };
}

/** Of text of any number of lines. */
export function checkText(path: string, value: string, charactersMax: number): FieldCheck {
  if (typeof value === "string" && !value.includes("\0") && isStorable(value, charactersMax))
    return undefined;
  return { path, detail: `must be text of at most ${charactersMax} characters without NUL` };
}

/** Half a surrogate pair has no UTF-8: it would come back from the store as something else. */
function isStorable(value: string, charactersMax: number): boolean {
  // A code point has at most two units, so what is far too long is not counted.
  return value.isWellFormed() && value.length <= 2 * charactersMax && [...value].length <= charactersMax;
}

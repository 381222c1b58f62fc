import { invalidArgument } from "@akidb/base";

const zoned = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)$/i;

/**
 * Milliseconds since 1970 of a time of ISO 8601 with its zone.
 *
 * @param path of the field that it stands in
 * @throws AkiDbError `invalid_argument`
 */
export function timeWithZone(path: string, text: unknown): number {
  const ms = typeof text === "string" && zoned.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(ms)) return ms;
  throw invalidArgument(path, "must be a time with its zone, such as 2026-01-31T09:30:00.000Z");
}

import { formatTimestamp } from "@akidb/base";

const pattern =
  /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?(?:Z|[+-](?:[01]\d|2[0-3]):?[0-5]\d)$/;

/**
 * A time of ISO-8601 with its zone, at any precision, in the one form that tables have; undefined for anything else. A day
 * that no month has is none.
 */
export function isoTime(text: string): string | undefined {
  const [, year, month, day] = pattern.exec(text) ?? [];
  if (day === undefined) return undefined;
  // Date.parse takes 30 February for 1 March.
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  if (date.getUTCMonth() !== Number(month) - 1 || date.getUTCDate() !== Number(day)) return undefined;
  const ms = Date.parse(text.replace(" ", "T").replace(/([+-]\d\d)(\d\d)$/, "$1:$2"));
  if (Number.isNaN(ms)) return undefined;
  const formatted = formatTimestamp(ms);
  return /^\d{4}-/.test(formatted) ? formatted : undefined;
}

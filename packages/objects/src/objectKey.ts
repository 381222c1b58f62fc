import { invalidArgument } from "@akidb/base";
import { objectLimits } from "./objectLimits.ts";

const encoder = new TextEncoder();

/**
 * Keys are segments between slashes; what a file system, a URL or XML could misread is refused.
 *
 * @throws AkiDbError `invalid_argument`
 */
export function checkObjectKey(key: string): void {
  const problem = keyProblem(key);
  if (problem !== undefined) throw invalidArgument("key", problem);
}

/** Whether AkiDB could have stored it: a bucket may hold others' objects, too. */
export const isObjectKey = (key: string): boolean => keyProblem(key) === undefined;

/** @throws AkiDbError `invalid_argument` unless a key could begin so */
export function checkObjectPrefix(prefix: string): void {
  if (prefix === "") return;
  // Whatever could follow makes its last segment longer.
  const complete = /(^|\/)\.{0,2}$/.test(prefix) ? `${prefix}x` : prefix;
  const problem = keyProblem(complete);
  if (problem !== undefined) throw invalidArgument("prefix", problem);
}

function keyProblem(key: string): string | undefined {
  if (key === "") return "must not be empty";
  if (!key.isWellFormed()) return "must be well-formed Unicode";
  if (hasControlCharacter(key)) return "must not hold control characters";
  if (key.includes("\\")) return "must use / between its parts, not \\";
  const { keyBytesMax, keySegmentBytesMax } = objectLimits;
  if (encoder.encode(key).length > keyBytesMax) return `must have at most ${keyBytesMax} bytes of UTF-8`;
  for (const segment of key.split("/")) {
    if (segment === "") return "must not begin or end with / nor hold two in a row";
    if (segment === "." || segment === "..") return `must not hold the part ${JSON.stringify(segment)}`;
    if (encoder.encode(segment).length > keySegmentBytesMax) {
      return `must have at most ${keySegmentBytesMax} bytes of UTF-8 between two /`;
    }
  }
  return undefined;
}

/** Neither XML 1.0 nor a log line can hold them; also the two that XML refuses beyond. */
const hasControlCharacter = (key: string): boolean => /[\p{Cc}\uFFFE\uFFFF]/u.test(key);

/** The order of UTF-8 bytes, as S3 lists; UTF-16, as JavaScript compares, differs beyond U+FFFF. */
export const compareObjectKeys = (a: string, b: string): number =>
  a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));

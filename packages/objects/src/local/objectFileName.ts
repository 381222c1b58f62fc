/**
 * Where an object lies in the folder: each segment of its key is a directory or, the last, a file with `@object` behind
 * its name. Everything but lower-case letters, digits, `_`, `-` and inner dots is escaped as `%` and the hexadecimal of
 * a byte of UTF-8, so that no two keys meet on a file system that ignores case or normalises Unicode, no key meets
 * what is ours (`@object`, `@temporary`), and an object may have the name of others' directory.
 */
export const objectSuffix = "@object";

/** Directory of what is not whole yet; no key's, since keys escape `@`. */
export const temporaryName = "@temporary";

const plain = /^[a-z0-9_.-]$/;

export function escapeSegment(segment: string): string {
  let escaped = "";
  for (const [index, byte] of new TextEncoder().encode(segment).entries()) {
    const character = String.fromCharCode(byte);
    // A leading dot hides a file, a trailing one is dropped by Windows.
    const isOuterDot = character === "." && (index === 0 || index === segment.length - 1);
    escaped += plain.test(character) && !isOuterDot ? character : `%${byte.toString(16).padStart(2, "0")}`;
  }
  return escaped;
}

/** @returns undefined for a name that {@link escapeSegment} never makes: not ours */
export function unescapeSegment(name: string): string | undefined {
  try {
    const segment = decodeURIComponent(name);
    return escapeSegment(segment) === name ? segment : undefined;
  } catch {
    return undefined;
  }
}

/** Parts of the file's path below the folder. */
export function objectPath(key: string): readonly string[] {
  const names = key.split("/").map(escapeSegment);
  return [...names.slice(0, -1), `${names.at(-1)}${objectSuffix}`];
}

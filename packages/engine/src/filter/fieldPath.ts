import type { JsonValue } from "@akidb/base";

/** Keys from the top of the metadata down: `a.b` in a filter; a dot that belongs to a key is written `\.`. */
export type FieldPath = readonly string[];

/** @returns undefined where a key is empty or a backslash stands before something else than a dot or a backslash */
export function parseFieldPath(text: string): FieldPath | undefined {
  const keys: string[] = [];
  let key = "";
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    if (character === ".") {
      keys.push(key);
      key = "";
    } else if (character === "\\") {
      at += 1;
      const escaped = text[at];
      if (escaped !== "." && escaped !== "\\") return undefined;
      key += escaped;
    } else {
      key += character;
    }
  }
  keys.push(key);
  return keys.includes("") ? undefined : keys;
}

export const formatFieldPath = (path: FieldPath): string =>
  path.map((key) => key.replaceAll("\\", "\\\\").replaceAll(".", "\\.")).join(".");

/**
 * What a document has at a path: descends into objects by key and into every element of arrays, so that `items.price`
 * finds the prices of all items.
 *
 * @returns the values, arrays among them as they are; none where the path leads nowhere
 */
export function valuesAt(value: JsonValue, path: FieldPath): readonly JsonValue[] {
  const found: JsonValue[] = [];
  collect(value, path, 0, found);
  return found;
}

function collect(value: JsonValue, path: FieldPath, depth: number, found: JsonValue[]): void {
  const key = path[depth];
  if (key === undefined) {
    found.push(value);
  } else if (Array.isArray(value)) {
    for (const element of value as readonly JsonValue[]) collect(element, path, depth, found);
  } else if (typeof value === "object" && value !== null && Object.hasOwn(value, key)) {
    collect((value as { readonly [key: string]: JsonValue })[key]!, path, depth + 1, found);
  }
}

/** The values themselves, those inside of arrays in place of the arrays, however nested. */
export function elementsOf(values: readonly JsonValue[]): readonly JsonValue[] {
  return values.flatMap((value) =>
    Array.isArray(value) ? elementsOf(value as readonly JsonValue[]) : [value],
  );
}

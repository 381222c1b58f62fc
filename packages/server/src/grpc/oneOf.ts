import { invalidArgument } from "@akidb/base";

/**
 * For texts that the operation takes to be one of a few: a schema has looked at them before it where a request comes by REST.
 *
 * @param path of the field
 */
export function oneOf<Text extends string>(
  values: readonly Text[],
  text: string | undefined,
  path: string,
): Text | undefined {
  if (text === undefined) return undefined;
  const found = values.find((value) => value === text);
  if (found === undefined) throw invalidArgument(path, `must be one of ${values.join(", ")}`);
  return found;
}

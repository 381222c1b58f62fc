import type { DocumentInput } from "./document.ts";
import { invalidArgument } from "./errors.ts";

/** Of a component in base64, as a request carries it. */
const componentCharacters = 6;

/**
 * About how long a document is in a request.
 *
 * @throws AkiDbError `invalid_argument` where its metadata is nested more deeply than any request can be
 */
export function documentCharacters({
  text = "",
  vector = [],
  metadata = {},
}: Pick<DocumentInput<object>, "text" | "vector" | "metadata">): number {
  try {
    return text.length + vector.length * componentCharacters + JSON.stringify(metadata).length;
  } catch {
    throw invalidArgument("metadata", "is nested too deeply");
  }
}

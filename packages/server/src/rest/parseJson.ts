import { invalidArgument } from "@akidb/base";
import { findJsonFault } from "./jsonFault.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * @param bytes UTF-8
 * @throws AkiDbError `invalid_argument` that tells the position and quotes nothing
 */
export function parseJson(bytes: Uint8Array): unknown {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    throw invalidArgument("", "is not JSON: it must be encoded in UTF-8");
  }
  try {
    return JSON.parse(text);
  } catch {
    const { offset, detail } = findJsonFault(text);
    throw invalidArgument("", `is not JSON: it ${detail}, at position ${offset}`);
  }
}

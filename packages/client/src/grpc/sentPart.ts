import { AkiDbError } from "@akidb/base";

/** Of a message that never comes without it. */
export function sentPart<Part>(part: Part | undefined): Part {
  if (part === undefined) throw new AkiDbError("internal", "the server's answer is not of AkiDB's protocol");
  return part;
}

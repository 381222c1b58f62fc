import { resolve } from "node:path";
import { AkiDbError } from "@akidb/base";

/**
 * Of a path that may be relative. Where the working directory is gone, Node's recursive mkdir of one would try for ever.
 *
 * @throws AkiDbError `failed_precondition` there
 */
export function absoluteDirectory(path: string): string {
  try {
    return resolve(path);
  } catch (cause) {
    throw new AkiDbError(
      "failed_precondition",
      `the working directory, in which ${JSON.stringify(path)} would be, is gone; go to one that is there`,
      { cause },
    );
  }
}

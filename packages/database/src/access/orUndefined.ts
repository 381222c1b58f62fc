import { isAkiDbError } from "@akidb/base";

/** A record, or undefined where there is none. */
export const orUndefined = <Found>(found: Promise<Found>): Promise<Found | undefined> =>
  found.catch((error: unknown) => {
    if (isAkiDbError(error) && error.code === "not_found") return undefined;
    throw error;
  });

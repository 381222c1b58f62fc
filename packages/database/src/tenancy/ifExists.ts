import { isAkiDbError } from "@akidb/base";

/** Undefined where there is none. */
export const ifExists = <Found>(looking: Promise<Found>): Promise<Found | undefined> =>
  looking.catch((error: unknown) => {
    if (isAkiDbError(error) && error.code === "not_found") return undefined;
    throw error;
  });

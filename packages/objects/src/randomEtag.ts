import type { Random } from "@akidb/base";

export const etagBytes = 16;

/** New with every put, also of equal bytes, so that nobody takes a later object for an earlier one. */
export const randomEtag = (random: Random): string =>
  Buffer.from(random.fill(new Uint8Array(etagBytes))).toString("hex");

/**
 * Where things lie in one thread's scratch slot, in bytes from its start; compiled for the host and for the kernel.
 * Sizes follow from the largest dimension (4,096), links per node (2 × 64 at level 0), levels (16) and pool.
 */
export const inputAt = 64;
export const rotatedAt = 16448;
export const probeCodeAt = 32832;
export const batchRowsAt = 49216;
export const batchRanksAt = 57408;
export const crowdedAt = 65600;
export const chosenAt = 69696;
export const keptAt = 74304;
/** Keys that are merged into the pool at once. */
export const freshKeysMax = 32;
export const freshAt = 74880;
export const poolAt = 75136;
/** Keys that a walk's pool holds; there is room for a batch of fresh ones more. */
export const poolKeysMax = 65536;
export const allowedAt = 599680;

/** Rows scored in one batch. */
export const batchRowsMax = 2048;
export const chosenRowsPerLevel = 64;
/** M at most. */
export const linksPerLevelMax = 64;

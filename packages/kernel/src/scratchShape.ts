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
export const poolAt = 74880;
/** Keys that a walk's pool holds. */
export const poolKeysMax = 65536;
export const allowedAt = 599232;

/** Rows scored in one batch. */
export const batchRowsMax = 2048;
export const chosenRowsPerLevel = 64;
/** M at most. */
export const linksPerLevelMax = 64;

/** Who has a data directory, for whoever wants to know that alone and start at once. */
export { readLockHolder } from "@akidb/catalog/lockHolder";
export { absoluteDirectory } from "./adapters/absoluteDirectory.ts";
export { readOwnerProof } from "./adapters/ownerProof.ts";

import type { FoundDamage } from "@akidb/base";

/** @param directory of a collection that the catalog does not know, below `collections`: the catalog has lost it */
export const orphanDamage = (directory: string): FoundDamage => ({
  collectionId: null,
  collection: null,
  file: "catalog.db",
  problem: `does not know the collection in collections/${directory}`,
  loss: "unknown",
  effect: "its documents are there and are not served; its files are left alone",
  remedy: "put catalog.db and catalog.db-wal back from a copy of the data directory, or remove the directory",
});

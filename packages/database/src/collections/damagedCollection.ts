import type { CollectionId, FileDamage } from "@akidb/base";

/** A collection that could not be opened: everything else is served. */
export interface DamagedCollection {
  readonly id: CollectionId;
  readonly name: string;
  /** Names the file, relative to the collection. */
  readonly reason: string;
  readonly damages: readonly FileDamage[];
}

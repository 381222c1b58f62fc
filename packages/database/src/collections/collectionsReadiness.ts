import type { FoundDamage } from "@akidb/base";
import type { CollectionSlot } from "./collectionSlot.ts";
import type { DamagedCollection } from "./damagedCollection.ts";

export interface CollectionsReadiness {
  /** Those that answer, at once or as soon as they are opened. */
  readonly open: number;
  readonly loading: number;
  readonly damaged: readonly DamagedCollection[];
  readonly damages: readonly FoundDamage[];
}

/** @param loading how many of them the start has not had its turn through yet */
export function readinessOf(slots: readonly CollectionSlot[], loading: number): CollectionsReadiness {
  const damaged = slots.flatMap(({ damage }) => damage ?? []);
  const damages = slots.flatMap(({ record, damages }) =>
    damages.map((damage) => ({ ...damage, collectionId: record.id, collection: record.name })),
  );
  return { open: slots.length - loading - damaged.length, loading, damaged, damages };
}

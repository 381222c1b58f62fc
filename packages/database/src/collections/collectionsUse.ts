import type { Gauges } from "../telemetry/gauges.ts";
import type { CollectionSlot } from "./collectionSlot.ts";

export interface CollectionsUse {
  readonly vectorsUnindexed: number;
  readonly memoryBytes: Omit<Gauges["memoryBytes"], "process">;
  readonly diskBytes: Gauges["diskBytes"];
}

/** Of all collections together: nobody is named. */
export function totalUse(slots: readonly CollectionSlot[]): CollectionsUse {
  let vectorsUnindexed = 0;
  const memoryBytes = { indexes: 0, documents: 0 };
  const diskBytes = { wal: 0, documents: 0, checkpoints: 0, closed_collections: 0 };
  for (const slot of slots) {
    using lease = slot.borrow();
    if (lease === undefined) {
      diskBytes.closed_collections += slot.stats?.diskBytes ?? 0;
      continue;
    }
    const { unindexedCount, memory, disk } = lease.collection.use();
    vectorsUnindexed += unindexedCount;
    memoryBytes.indexes += memory.indexes;
    memoryBytes.documents += memory.documents;
    diskBytes.wal += disk.wal;
    diskBytes.documents += disk.documents;
    diskBytes.checkpoints += disk.checkpoints;
  }
  return { vectorsUnindexed, memoryBytes, diskBytes };
}

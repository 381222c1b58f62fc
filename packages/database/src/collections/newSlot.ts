import type { DatabaseId, FileDamage, TenantId } from "@akidb/base";
import type { CollectionRecord } from "@akidb/catalog";
import { type Collection, writeClosedSummary } from "@akidb/engine";
import type { CollectionDirectories } from "../adapters/collectionDirectories.ts";
import { isLogArchived, type LogArchives } from "../archive/logArchives.ts";
import type { Log } from "../logEvent.ts";
import type { CollectionTiers } from "../tiers/collectionTiers.ts";
import { CollectionSlot, type CollectionSlotOptions, type Settlement } from "./collectionSlot.ts";
import type { OpenCollections } from "./openCollections.ts";
import type { TieredOpener } from "./tieredOpener.ts";

export interface SlotParts {
  readonly directories: CollectionDirectories;
  readonly opener: TieredOpener;
  readonly open: OpenCollections;
  readonly tiers: CollectionTiers;
  readonly archives: LogArchives;
  /** Whose the collections of a database are. */
  readonly tenantOf: (databaseId: DatabaseId) => TenantId;
  readonly nowMs: () => number;
  readonly log: Log;
}

/** A slot whose collection is opened, settled and closed as its record and its tier say; what becomes of it they are told. */
export function newSlot(record: CollectionRecord, parts: SlotParts): CollectionSlot {
  const { directories, opener, open, tiers, archives, tenantOf, nowMs, log } = parts;
  const damages: FileDamage[] = [];
  const slot: CollectionSlot = new CollectionSlot({
    record,
    tenantId: tenantOf(record.databaseId),
    damages,
    open: (how) => opener.open(slot, damages, how),
    tier: tierOf(record, () => slot.isServed, tiers),
    settle: (collection) => settle(slot.record, collection, archives),
    configure: (collection) => {
      const { maxDocumentCount, walRetentionSeconds } = slot.record;
      collection.configure({ maxDocumentCount, walRetentionMs: walRetentionSeconds * 1_000 });
    },
    writeSummary: (summary) =>
      // Without it the next start opens the collection to know it.
      writeClosedSummary(directories.filesOf(slot.record), summary).catch((cause: unknown) =>
        log({ kind: "cleanup_failed", directory: record.id, cause }),
      ),
    onOpened: ({ isInPlace }) => {
      if (slot.isServed) tiers.note(record.id, isInPlace ? "warm" : "hot");
      open.add(slot);
    },
    onClosed: () => {
      if (slot.isServed) tiers.note(record.id, "warm");
    },
    onCloseFailure: (cause) => log({ kind: "close_failed", collection: slot.record.name, cause }),
    nowMs,
  });
  return slot;
}

/** Files of another generation, which requests do not find, are all here. */
function tierOf(
  { id }: CollectionRecord,
  isServed: () => boolean,
  tiers: CollectionTiers,
): CollectionSlotOptions["tier"] {
  const access = tiers.accessOf(id);
  return {
    isCold: () => isServed() && tiers.isCold(id),
    isPinned: () => tiers.isPinned(id),
    isReadInPlace: () => isServed() && tiers.isReadInPlace(id),
    noteAccess: (nowMs) => access.note(nowMs),
  };
}

/** Before it is closed though the process goes on: while the object store is away, what is to go there may wait. */
async function settle(
  record: CollectionRecord,
  collection: Collection,
  archives: LogArchives,
): Promise<Settlement> {
  await collection.settle();
  if (!isLogArchived(record) || (await collection.handOverLog())) return "settled";
  return archives.isQueued(record.id) ? "queued" : "unsettled";
}

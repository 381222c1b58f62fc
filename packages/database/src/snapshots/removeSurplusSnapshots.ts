import type { CollectionRecord } from "@akidb/catalog";
import type { Log } from "../logEvent.ts";
import type { Snapshots } from "./snapshots.ts";

export interface SnapshotSurplus {
  readonly snapshots: Snapshots;
  readonly record: CollectionRecord;
  /** Of those that nobody asked for; the newest is one of them. */
  readonly retainCount: number;
  readonly newestId: string;
  readonly log: Log;
}

/** Removes the oldest of the snapshots that nobody asked for. What cannot be removed now is removed after the next one. */
export async function removeSurplusSnapshots({
  snapshots,
  record,
  retainCount,
  newestId,
  log,
}: SnapshotSurplus): Promise<void> {
  try {
    const older = (await snapshots.list(record))
      .filter(({ state, origin, id }) => state === "ready" && origin === "scheduled" && id !== newestId)
      .sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
    const surplus = older.slice(0, Math.max(0, older.length - (retainCount - 1)));
    for (const { id } of surplus) if (!snapshots.isHeld(record, id)) await snapshots.delete(record, id);
  } catch (cause) {
    log({ kind: "cleanup_failed", directory: `${record.id}/snapshots`, cause });
  }
}

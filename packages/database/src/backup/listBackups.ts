import { type BackupReport, formatTimestamp, isAkiDbError, parseId } from "@akidb/base";
import { allObjects, DamagedObjectError, type ObjectStore } from "@akidb/objects";
import { inParallel } from "../collections/inParallel.ts";
import { type BackupManifest, backupKey, backupsPrefix } from "./backupManifest.ts";
import { findBackup } from "./findBackup.ts";
import { summaryOf } from "./takeBackup.ts";

export type StoredBackup =
  | { readonly kind: "whole"; readonly id: string; readonly manifest: BackupManifest }
  /** Damaged, or of a newer AkiDB. */
  | { readonly kind: "unreadable"; readonly id: string; readonly reason: string };

/** Its summary as far as it can be read. */
export interface BackupListing extends Omit<BackupReport, "sentBytes"> {
  /** Null where it can be read. */
  readonly damage: string | null;
}

const parallelReads = 8;

/** Every backup of a store, the oldest first. */
export async function storedBackups(store: ObjectStore): Promise<readonly StoredBackup[]> {
  const ids: string[] = [];
  for await (const { key } of allObjects(store, { prefix: backupsPrefix })) {
    const id = parseId(key.slice(backupsPrefix.length).split("/")[0] ?? "");
    if (id !== undefined && key === backupKey(id)) ids.push(id);
  }
  const found = new Map<string, StoredBackup>();
  await inParallel(parallelReads, ids, async (id) => {
    const backup = await readBackup(store, id);
    if (backup !== undefined) found.set(id, backup);
  });
  // Identifiers are in the order of time.
  return ids.flatMap((id) => found.get(id) ?? []);
}

export async function listBackups(store: ObjectStore): Promise<readonly BackupListing[]> {
  return (await storedBackups(store)).map((backup) =>
    backup.kind === "whole"
      ? { ...summaryOf(backup.manifest), damage: null }
      : {
          id: backup.id,
          createdAt: formatTimestamp(timeOf(backup.id)),
          collectionCount: 0,
          documentCount: 0,
          totalBytes: 0,
          damage: backup.reason,
        },
  );
}

/** @returns undefined where it has gone since */
async function readBackup(store: ObjectStore, id: string): Promise<StoredBackup | undefined> {
  try {
    return { kind: "whole", id, manifest: (await findBackup(store, id))! };
  } catch (error) {
    if (error instanceof DamagedObjectError) return { kind: "unreadable", id, reason: error.message };
    if (!isAkiDbError(error)) throw error;
    if (error.code === "not_found") return undefined;
    if (error.code === "failed_precondition") return { kind: "unreadable", id, reason: error.message };
    throw error;
  }
}

/** The first 48 bits of a UUID v7 are milliseconds since 1970 (RFC 9562). */
const timeOf = (id: string): number => Number.parseInt(id.replace("-", "").slice(0, 12), 16);

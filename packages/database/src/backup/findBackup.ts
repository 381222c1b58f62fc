import { isAkiDbError, notFound } from "@akidb/base";
import { allObjects, type ObjectStore, objectBytes } from "@akidb/objects";
import { type BackupManifest, backupKey, backupsPrefix, decodeBackupManifest } from "./backupManifest.ts";

const manifestBytesMax = 256 * 1024 * 1024;

/** @param id the newest if absent; undefined where there is none */
export async function findBackup(store: ObjectStore, id?: string): Promise<BackupManifest | undefined> {
  if (id !== undefined) return await readBackup(store, backupKey(id));
  const keys: string[] = [];
  for await (const { key } of allObjects(store, { prefix: backupsPrefix })) keys.push(key);
  // Identifiers are in the order of time.
  for (const key of keys.reverse()) {
    try {
      return await readBackup(store, key);
    } catch (error) {
      // Removed since, or still shown by a list that is behind.
      if (!isAkiDbError(error) || error.code !== "not_found") throw error;
    }
  }
  return undefined;
}

/** @throws AkiDbError `not_found` */
export async function requireBackup(store: ObjectStore, id?: string): Promise<BackupManifest> {
  const backup = await findBackup(store, id);
  if (backup === undefined) throw notFound("a backup");
  return backup;
}

async function readBackup(store: ObjectStore, key: string): Promise<BackupManifest> {
  const { bytes } = await objectBytes(store, key, { bytesMax: manifestBytesMax });
  return decodeBackupManifest(key, bytes);
}

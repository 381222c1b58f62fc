import { type BackupReport, type Clock, failedPrecondition, type IdGenerator } from "@akidb/base";
import { checkDataVersion, dataVersion } from "@akidb/catalog";
import { nodeDisk, readSnapshotManifest, restoreSnapshot } from "@akidb/engine";
import type { ObjectStore } from "@akidb/objects";
import { CollectionDirectories } from "../adapters/collectionDirectories.ts";
import { ModelChoice } from "../adapters/modelChoice.ts";
import { RestoredDirectory } from "../adapters/restoredDirectory.ts";
import { writeRestores } from "../archive/restores.ts";
import type { BackedUpCollection, BackupManifest } from "./backupManifest.ts";
import { ContentStore } from "./contentStore.ts";
import { requireBackup } from "./findBackup.ts";
import { summaryOf } from "./takeBackup.ts";

export interface BackupRestore {
  readonly store: ObjectStore;
  /** The newest if absent. */
  readonly id?: string;
  /** The data directory to be: absent, or empty but for models. */
  readonly directory: string;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  /** Told the share of the collections' bytes that is there, 0..1, and which collection is next. */
  readonly onProgress?: (progress: number, collection: string) => void;
}

/**
 * Makes a data directory of a backup. Every byte is verified, and the directory has its name only when all of it is there;
 * a collection's log goes on behind its snapshot.
 *
 * @throws AkiDbError `not_found` for a backup that is not there, `failed_precondition` for a directory that is not empty
 * or where a file system is mounted, where the disk has not the room, and for a backup of another version; DamagedObjectError
 */
export async function restoreBackup(restore: BackupRestore): Promise<Omit<BackupReport, "sentBytes">> {
  const { store, id, directory, onProgress = () => {} } = restore;
  const target = await RestoredDirectory.begin(directory);
  try {
    const manifest = await requireBackup(store, id);
    if (manifest.dataVersion !== dataVersion) {
      throw failedPrecondition(
        `the backup is of data format ${manifest.dataVersion}, and this version of AkiDB writes ${dataVersion}`,
      );
    }
    await target.requireRoom(summaryOf(manifest).totalBytes);
    await restoreAll(restore, { manifest, target, onProgress });
    await target.finish();
    return summaryOf(manifest);
  } catch (error) {
    await target.abandon();
    throw error;
  }
}

interface Restoring {
  readonly manifest: BackupManifest;
  readonly target: RestoredDirectory;
  readonly onProgress: (progress: number, collection: string) => void;
}

async function restoreAll(
  restore: BackupRestore,
  { manifest, target, onProgress }: Restoring,
): Promise<void> {
  const contents = new ContentStore({ store: restore.store, disk: nodeDisk });
  checkDataVersion(target.path);
  await contents.getFile(manifest.catalog, `${target.path}/catalog.db`);
  await nodeDisk.makeDirectory(`${target.path}/collections`);
  const totalBytes = summaryOf(manifest).totalBytes;
  let doneBytes = manifest.catalog.bytes;
  for (const collection of manifest.collections) {
    onProgress(doneBytes / totalBytes, collection.name);
    await restoreCollection(restore, { collection, target, contents });
    doneBytes += collection.files.reduce((sum, { bytes }) => sum + bytes, 0);
  }
  if (manifest.defaultModel !== null) await new ModelChoice(target.path).write(manifest.defaultModel);
  await nodeDisk.syncDirectory(`${target.path}/collections`);
  await nodeDisk.syncDirectory(target.path);
  onProgress(1, "");
}

async function restoreCollection(
  { clock, ids }: BackupRestore,
  {
    collection: { id, files },
    target,
    contents,
  }: {
    readonly collection: BackedUpCollection;
    readonly target: RestoredDirectory;
    readonly contents: ContentStore;
  },
): Promise<void> {
  const from = `${target.path}/snapshot`;
  for (const file of files) {
    const path = `${from}/${file.name}`;
    await nodeDisk.makeDirectory(path.slice(0, path.lastIndexOf("/")));
    await contents.getFile(file, path);
  }
  const manifest = await readSnapshotManifest({ disk: nodeDisk, directory: from });
  const expected = manifest.shape;
  const directories = await CollectionDirectories.open(target.path);
  const directory = directories.filesPath({ id, generation: manifest.generation });
  await restoreSnapshot({
    disk: nodeDisk,
    from,
    manifest,
    directory,
    collectionId: id,
    expected,
    clock,
    ids,
  });
  await writeRestores(nodeDisk, directory, [{ atMs: clock.nowMs(), lsn: manifest.lsn }]);
  await target.remove("snapshot");
}

import type { CollectionId } from "@akidb/base";
import type { CollectionRecord } from "@akidb/catalog";
import { nodeDisk } from "@akidb/engine";
import type { CollectionDirectories, CollectionFilesOf } from "../adapters/collectionDirectories.ts";
import { restoresFile } from "../archive/restores.ts";
import type { Log } from "../logEvent.ts";
import { coldCopyFile, readColdCopy } from "./coldCopy.ts";
import type { CollectionTiers } from "./collectionTiers.ts";

/** What stays of a cold collection on this machine: what was, and snapshots that are nowhere else. */
const isKept = (name: string): boolean =>
  ["snapshots", "closed.json", restoresFile, coldCopyFile].includes(name);

/** Whether there is anything on this machine that counts where the collection is not cold. */
export const holdsOwnFiles = (
  directories: CollectionDirectories,
  files: CollectionFilesOf,
): Promise<boolean> => directories.hasFilesBut(files, isKept);

export const dropFiles = (directories: CollectionDirectories, files: CollectionFilesOf): Promise<void> =>
  directories.removeFilesBut(files, isKept);

export interface ColdFilesSettling {
  readonly records: readonly CollectionRecord[];
  readonly tiers: CollectionTiers;
  readonly directories: CollectionDirectories;
  readonly log: Log;
}

/**
 * Ends what a crash cut off: files of a collection that the catalog calls cold go, where they are no more than its copy. Others
 * are left alone and told of; somebody has put back the catalog, or the files, of another time.
 *
 * @returns the bytes that each has in the object store, as far as is known
 */
export async function settleColdFiles({
  records,
  tiers,
  directories,
  log,
}: ColdFilesSettling): Promise<ReadonlyMap<CollectionId, number>> {
  const bytes = new Map<CollectionId, number>();
  for (const record of records) {
    const { id, name } = record;
    if (!tiers.isCold(id)) continue;
    const directory = directories.path(id);
    const copy = await readColdCopy(nodeDisk, directory).catch(() => undefined);
    if (copy !== undefined && copy.snapshotId === tiers.of(id).snapshotId) {
      bytes.set(id, copy.bytes);
      // What cannot be removed now is removed with the next start.
      await dropFiles(directories, record).catch((cause: unknown) =>
        log({ kind: "cleanup_failed", directory: id, cause }),
      );
    } else if (await holdsOwnFiles(directories, record)) {
      log({ kind: "cold_files_found", collection: name });
    }
  }
  return bytes;
}

import { lstat, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { type CollectionId, parseId } from "@akidb/base";

/** A file or a directory that may go. */
export interface DiskGarbage {
  readonly kind: "orphan_directory" | "stale_file";
  /** Below the data directory. */
  readonly name: string;
  readonly bytes: number;
  readonly count: number;
  readonly modifiedAtMs: number;
}

const draftName = /\.tmp$/;
/** Of a snapshot that comes or goes. */
const passingName = /\.(creating|downloading|deleted)$/;

/**
 * What nobody needs below a data directory: directories of collections that are not known, drafts of files, and snapshots that a
 * crash left halfway. What recovery has put aside as damaged is not among it: somebody may want to look.
 *
 * @param isKnown whether the catalog has a collection, or it is being deleted
 */
export async function findDiskGarbage(
  directory: string,
  isKnown: (id: CollectionId) => boolean,
): Promise<readonly DiskGarbage[]> {
  const found: DiskGarbage[] = [];
  const add = async (kind: DiskGarbage["kind"], name: string): Promise<void> => {
    const extent = await extentOf(join(directory, name));
    if (extent !== undefined) found.push({ kind, name, ...extent });
  };
  for (const name of await namesIn(directory)) if (draftName.test(name)) await add("stale_file", name);
  for (const name of await namesIn(join(directory, "collections"))) {
    const id = parseId<"collection">(name);
    if (id === undefined) continue;
    if (!isKnown(id)) {
      await add("orphan_directory", `collections/${name}`);
      continue;
    }
    const snapshots = `collections/${name}/snapshots`;
    for (const snapshot of await namesIn(join(directory, snapshots))) {
      if (passingName.test(snapshot)) await add("stale_file", `${snapshots}/${snapshot}`);
    }
  }
  return found;
}

export const removeDiskGarbage = (directory: string, { name }: DiskGarbage): Promise<void> =>
  rm(join(directory, name), { recursive: true, force: true });

/** @returns undefined where it has gone meanwhile */
async function extentOf(path: string): Promise<Omit<DiskGarbage, "kind" | "name"> | undefined> {
  const stats = await lstat(path).catch(undefinedIfGone);
  if (stats === undefined) return undefined;
  if (!stats.isDirectory()) return { bytes: stats.size, count: 1, modifiedAtMs: stats.mtimeMs };
  const total = { bytes: 0, count: 0, modifiedAtMs: stats.mtimeMs };
  for (const name of await namesIn(path)) {
    const part = await extentOf(join(path, name));
    if (part === undefined) continue;
    total.bytes += part.bytes;
    total.count += part.count;
    total.modifiedAtMs = Math.max(total.modifiedAtMs, part.modifiedAtMs);
  }
  return total;
}

const namesIn = async (directory: string): Promise<readonly string[]> =>
  (await readdir(directory).catch(undefinedIfGone)) ?? [];

function undefinedIfGone(error: NodeJS.ErrnoException): undefined {
  if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
  throw error;
}

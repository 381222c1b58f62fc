import { lstat, readdir, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { type CollectionId, parseId } from "@akidb/base";
import { restoringSuffix } from "./restoredDirectory.ts";

/** What a file or a directory takes. */
export interface Extent {
  readonly bytes: number;
  /** Files. */
  readonly count: number;
  /** Of the newest in it. */
  readonly modifiedAtMs: number;
}

/** Of files that only a start writes, and that have their names within moments. */
const draftName = /^(VERSION|OWNER|catalog\.db\.v\d+-[\w.-]+)\.tmp$/;

/** Names of drafts that a crash has left in a data directory. */
export const draftsIn = async (directory: string): Promise<readonly string[]> =>
  (await namesIn(directory)).filter((name) => draftName.test(name));

/**
 * Directories of collections that are not known, below a data directory.
 *
 * @param isGone whether the catalog has not got a collection, and it is not being deleted
 */
export async function orphansIn(
  directory: string,
  isGone: (id: CollectionId) => boolean,
): Promise<readonly string[]> {
  const orphans: string[] = [];
  for (const name of await namesIn(join(directory, "collections"))) {
    const id = parseId<"collection">(name);
    if (id !== undefined && isGone(id)) orphans.push(`collections/${name}`);
  }
  return orphans;
}

/**
 * What a restore to a data directory has left beside it that was cut off before there was one; undefined where there is
 * nothing, or what a restore never makes.
 */
export async function restoringBeside(directory: string): Promise<string | undefined> {
  const name = `../${basename(directory)}${restoringSuffix}`;
  const stats = await lstat(join(directory, name)).catch(undefinedIfGone);
  if (stats?.isDirectory() !== true) return undefined;
  const isOwn = (await namesIn(join(directory, name))).every((each) => restoredName.test(each));
  return isOwn ? name : undefined;
}

/** Models are not among it: they were moved there, and are not in the backup. */
const restoredName = /^(VERSION(\.tmp)?|catalog\.db|collections|snapshot|default-model\.json(\.tmp)?)$/;

/** @param name below the data directory, or that of {@link restoringBeside} */
export const removeGarbage = (directory: string, name: string): Promise<void> =>
  rm(join(directory, name), { recursive: true, force: true });

/** @returns undefined where it has gone meanwhile */
export async function extentOf(path: string): Promise<Extent | undefined> {
  const stats = await lstat(path).catch(undefinedIfGone);
  if (stats === undefined) return undefined;
  if (!stats.isDirectory()) return { bytes: stats.size, count: 1, modifiedAtMs: stats.mtimeMs };
  const parts = [{ bytes: 0, count: 0, modifiedAtMs: stats.mtimeMs }];
  for (const name of await namesIn(path)) {
    const part = await extentOf(join(path, name));
    if (part !== undefined) parts.push(part);
  }
  return totalOf(parts);
}

/** Of several. */
export const totalOf = (parts: readonly Extent[]): Extent => ({
  bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0),
  count: parts.reduce((sum, { count }) => sum + count, 0),
  modifiedAtMs: Math.max(0, ...parts.map(({ modifiedAtMs }) => modifiedAtMs)),
});

const namesIn = async (directory: string): Promise<readonly string[]> =>
  (await readdir(directory).catch(undefinedIfGone)) ?? [];

function undefinedIfGone(error: NodeJS.ErrnoException): undefined {
  if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
  throw error;
}

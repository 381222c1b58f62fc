import { existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { type CollectionId, parseId } from "@akidb/base";

/** Where a crash may have left the files of a collection, what counts first: recovery puts them back in their place. */
const suffixes = ["", ".restoring", ".replaced", ".deleted", ".creating"];

/** The directories of collections below a data directory, by their ids. */
export async function findCollectionDirectories(
  directory: string,
): Promise<ReadonlyMap<CollectionId, string>> {
  const root = join(directory, "collections");
  const names = existsSync(root) ? await readdir(root) : [];
  const found = new Map<CollectionId, string>();
  for (const suffix of suffixes) {
    for (const name of names) {
      const id = name.length === 36 + suffix.length ? parseId<"collection">(name.slice(0, 36)) : undefined;
      if (id !== undefined && name.endsWith(suffix) && !found.has(id)) found.set(id, join(root, name));
    }
  }
  return found;
}

/** Whether there is a database of AkiDB in it. */
export const hasData = (directory: string): boolean =>
  ["catalog.db", "collections", "VERSION"].some((name) => existsSync(join(directory, name)));

/** Of all files below, each as often as it has a name. */
export async function bytesBelow(directory: string): Promise<number> {
  let bytes = 0;
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    // What goes meanwhile counts for nothing.
    bytes += await stat(join(entry.parentPath, entry.name)).then(
      ({ size }) => size,
      () => 0,
    );
  }
  return bytes;
}

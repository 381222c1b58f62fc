import type { Dirent } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { failedPrecondition } from "@akidb/base";
import { escapeSegment, objectSuffix, unescapeSegment } from "../local/objectFileName.ts";
import { compareObjectKeys } from "../objectKey.ts";

export interface ObjectFileEntry {
  readonly key: string;
  readonly path: string;
}

interface WalkOptions {
  readonly root: string;
  readonly prefix: string;
  /** Only keys behind it. */
  readonly cursor: string | undefined;
  /** A crash has left a directory behind its last object. */
  readonly onEmptyDirectory: (path: string) => Promise<void>;
}

/** The folder's objects in the order of their keys; of directories that cannot hold one, none is read. */
export async function* objectFileWalk({
  root,
  prefix,
  cursor,
  onEmptyDirectory,
}: WalkOptions): AsyncGenerator<ObjectFileEntry, void, void> {
  const above = prefix.split("/").slice(0, -1);
  const start = join(root, ...above.map(escapeSegment));
  yield* walk(start, above.map((segment) => `${segment}/`).join(""));

  async function* walk(path: string, keyStart: string): AsyncGenerator<ObjectFileEntry, void, void> {
    const found = await readDirectory(path);
    if (found?.length === 0) await onEmptyDirectory(path);
    for (const { name, isDirectory, key } of entriesOf(found ?? [], keyStart)) {
      if (isDirectory) {
        const canMatch = key.startsWith(prefix) || prefix.startsWith(key);
        const isBehind = cursor === undefined || cursor.startsWith(key) || compareObjectKeys(key, cursor) > 0;
        if (canMatch && isBehind) yield* walk(join(path, name), key);
      } else if (key.startsWith(prefix) && (cursor === undefined || compareObjectKeys(key, cursor) > 0)) {
        yield { key, path: join(path, name) };
      }
    }
  }
}

interface FolderEntry {
  readonly name: string;
  readonly isDirectory: boolean;
  /** Of a directory: what the keys below begin with, a slash at its end. */
  readonly key: string;
}

/** Sorted as the keys are: nothing else in the directory begins with what a directory's keys begin with. */
function entriesOf(raw: readonly Dirent[], keyStart: string): readonly FolderEntry[] {
  const found: FolderEntry[] = [];
  for (const entry of raw) {
    const { name } = entry;
    const isDirectory = entry.isDirectory();
    if (!isDirectory && !name.endsWith(objectSuffix)) continue;
    const segment = unescapeSegment(isDirectory ? name : name.slice(0, -objectSuffix.length));
    if (segment === undefined) continue;
    found.push({ name, isDirectory, key: `${keyStart}${segment}${isDirectory ? "/" : ""}` });
  }
  return found.sort((a, b) => compareObjectKeys(a.key, b.key));
}

/** Undefined where there is none, or it has just been removed. */
async function readDirectory(path: string): Promise<readonly Dirent[] | undefined> {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    if (code === "EACCES" || code === "EPERM") {
      throw failedPrecondition("the folder of the object store cannot be read by this user");
    }
    throw error;
  }
}

import { readdir, rename, stat, unlink } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { isAkiDbError, type Random } from "@akidb/base";
import { checkedBody } from "../checkedBody.ts";
import { checkConditions } from "../conditions.ts";
import { DamagedObjectError } from "../damagedObjectError.ts";
import { deleteEach } from "../deleteEach.ts";
import { KeyedTurns } from "../local/keyedTurns.ts";
import { objectPath, temporaryName } from "../local/objectFileName.ts";
import { translateFileError } from "../local/translateFileError.ts";
import { checkObjectKey } from "../objectKey.ts";
import { checkGet, checkList, checkPut, checkRangeWithin } from "../objectRequest.ts";
import type { ObjectInfo, ObjectStore, PutOptions, UnfinishedPut } from "../objectStore.ts";
import { randomEtag } from "../randomEtag.ts";
import { DurableDirectories, syncDirectory, unlessCode } from "./durableDirectories.ts";
import { ObjectFile, writeObjectFile } from "./objectFile.ts";
import { objectFileWalk } from "./objectFileWalk.ts";

export interface LocalObjectStoreOptions {
  /** Made with the first object. Only one process at a time may change what is in it. */
  readonly directory: string;
  readonly random: Random;
}

/** Times that a put makes its directory anew because deletions remove it as empty in between. */
const renameAttemptsMax = 100;

/** Objects as files of a folder ({@link objectPath}), each with its checksums (`local/objectFileFooter.ts`). */
export function openLocalObjectStore({ directory, random }: LocalObjectStoreOptions): ObjectStore {
  const root = resolve(directory);
  const temporary = join(root, temporaryName);
  const directories = new DurableDirectories(root);
  const turns = new KeyedTurns();
  /** Names of temporary files that are being written, or wait to be renamed. */
  const underWay = new Set<string>();
  const pathOf = (key: string): string => join(root, ...objectPath(key));

  async function writeTemporary(key: string, etag: string, body: AsyncIterable<Uint8Array>) {
    await directories.make(temporary);
    const path = join(temporary, etag);
    try {
      return { path, info: await writeObjectFile(path, { key, etag, chunks: body }) };
    } catch (error) {
      directories.forget(temporary);
      await unlink(path).catch(() => {});
      throw error;
    }
  }

  /** The temporary file takes the key's name, or is removed. */
  async function commit(written: string, key: string, options: PutOptions): Promise<void> {
    try {
      await turns.run(key, async () => {
        if (options.ifMatch !== undefined || options.ifNoneMatch !== undefined) {
          checkConditions(key, options, await currentEtag(key));
        }
        options.deadline?.check();
        await renameInto(written, pathOf(key));
      });
    } catch (error) {
      await unlink(written).catch(() => {});
      throw error;
    }
  }

  /** A damaged object is there, too: it has no etag that anyone could know. */
  async function currentEtag(key: string): Promise<string | undefined> {
    try {
      return (await head(key)).etag;
    } catch (error) {
      if (!isAkiDbError(error)) throw error;
      if (error.code === "not_found") return undefined;
      if (error instanceof DamagedObjectError) return "";
      throw error;
    }
  }

  async function renameInto(written: string, path: string): Promise<void> {
    const parent = dirname(path);
    for (let attempt = 1; ; attempt++) {
      try {
        await directories.make(parent);
        await rename(written, path);
        break;
      } catch (error) {
        if (attempt === renameAttemptsMax) throw error;
        unlessCode("ENOENT")(error);
        // A missing temporary file will not come back.
        await stat(written);
        directories.forget(parent);
      }
    }
    await syncDirectory(parent);
    // Another call may have made it anew between `make` and `rename`, and not have synced it yet.
    await directories.make(parent);
  }

  async function head(key: string): Promise<ObjectInfo> {
    try {
      await using file = await ObjectFile.open(pathOf(key), key);
      return file.info;
    } catch (error) {
      throw translateFileError(key, error);
    }
  }

  async function deleteOne(key: string): Promise<void> {
    checkObjectKey(key);
    const path = pathOf(key);
    const parent = dirname(path);
    try {
      await turns.run(key, async () => {
        await unlink(path);
        await syncDirectory(parent).catch(unlessCode("ENOENT"));
      });
      await directories.removeEmpty(parent);
    } catch (error) {
      if (["ENOENT", "ENOTDIR"].includes(String((error as NodeJS.ErrnoException).code))) return;
      throw translateFileError(key, error);
    }
  }

  return {
    async put(key, body, options = {}) {
      checkPut(key, options);
      const etag = randomEtag(random);
      underWay.add(etag);
      try {
        const { path, info } = await writeTemporary(key, etag, checkedBody(body, options));
        await commit(path, key, options);
        return info;
      } catch (error) {
        throw translateFileError(key, error);
      } finally {
        underWay.delete(etag);
      }
    },

    async get(key, options = {}) {
      checkGet(key, options);
      const { deadline, ifMatch } = options;
      deadline?.check();
      let file: ObjectFile;
      try {
        file = await ObjectFile.open(pathOf(key), key);
      } catch (error) {
        throw translateFileError(key, error);
      }
      const { info } = file;
      const range = options.range ?? { offset: 0, length: info.sizeBytes };
      try {
        checkConditions(key, ifMatch === undefined ? {} : { ifMatch }, info.etag);
        checkRangeWithin(range, info.sizeBytes);
      } catch (error) {
        await file[Symbol.asyncDispose]();
        throw error;
      }
      const dispose = () => file[Symbol.asyncDispose]();
      return { info, body: file.read(range, deadline), [Symbol.asyncDispose]: dispose };
    },

    async head(key, { deadline } = {}) {
      checkObjectKey(key);
      deadline?.check();
      return head(key);
    },

    async list(options = {}) {
      const { prefix, cursor, limit } = checkList(options);
      const objects: ObjectInfo[] = [];
      const onEmptyDirectory = (path: string): Promise<void> => directories.removeEmpty(path);
      for await (const { key, path } of objectFileWalk({ root, prefix, cursor, onEmptyDirectory })) {
        options.deadline?.check();
        const last = objects.at(-1);
        if (objects.length === limit && last !== undefined) return { objects, nextCursor: last.key };
        const info = await infoUnlessGone(key, path);
        if (info !== undefined) objects.push(info);
      }
      return { objects };
    },

    async delete(key, { deadline } = {}) {
      deadline?.check();
      await deleteOne(key);
    },

    deleteMany: (keys, options = {}) => deleteEach(keys, deleteOne, options),

    async listUnfinished(options = {}) {
      const { cursor = "", limit } = checkList(options);
      const all = (await readdir(temporary).catch(unlessCode("ENOENT"))) ?? [];
      const behind = all.filter((name) => name > cursor && !underWay.has(name)).sort();
      const names = behind.slice(0, limit);
      const puts: UnfinishedPut[] = [];
      for (const id of names) {
        options.deadline?.check();
        const found = await stat(join(temporary, id)).catch(unlessCode("ENOENT"));
        if (found?.isFile() !== true) continue;
        puts.push({ id, key: undefined, sizeBytes: found.size, modifiedAtMs: Math.floor(found.mtimeMs) });
      }
      const last = names.at(-1);
      return { puts, ...(behind.length > limit && last !== undefined && { nextCursor: last }) };
    },

    async removeUnfinished({ id }, { deadline } = {}) {
      deadline?.check();
      await unlink(join(temporary, basename(id))).catch(unlessCode("ENOENT"));
    },

    async close() {},
  };

  /**
   * Between the reading of the directory and this, an object may have been deleted. One damaged object does not hide the
   * others: it is listed with the length of its file, and reading it tells.
   */
  async function infoUnlessGone(key: string, path: string): Promise<ObjectInfo | undefined> {
    try {
      return await head(key);
    } catch (error) {
      if (isAkiDbError(error) && error.code === "not_found") return undefined;
      if (!(error instanceof DamagedObjectError)) throw error;
      const found = await stat(path).catch(unlessCode("ENOENT"));
      return found && { key, sizeBytes: found.size, etag: "", modifiedAtMs: Math.floor(found.mtimeMs) };
    }
  }
}

import { type Clock, type Deadline, notFound, type Random } from "@akidb/base";
import { checkedBody } from "../checkedBody.ts";
import { checkConditions } from "../conditions.ts";
import { deleteEach } from "../deleteEach.ts";
import { checkObjectKey, compareObjectKeys } from "../objectKey.ts";
import { checkGet, checkList, checkPut, checkRangeWithin } from "../objectRequest.ts";
import type { ObjectInfo, ObjectReading, ObjectStore } from "../objectStore.ts";
import { randomEtag } from "../randomEtag.ts";

export interface MemoryObjectStoreOptions {
  readonly clock: Clock;
  readonly random: Random;
}

interface StoredObject {
  readonly info: ObjectInfo;
  readonly bytes: Uint8Array;
}

/** Objects in this process's memory: for tests and trials; nothing outlives the process. */
export function openMemoryObjectStore({ clock, random }: MemoryObjectStoreOptions): ObjectStore {
  const objects = new Map<string, StoredObject>();

  const find = (key: string): StoredObject => {
    const found = objects.get(key);
    if (found === undefined) throw notFound(`the object ${JSON.stringify(key)}`);
    return found;
  };
  const deleteOne = async (key: string): Promise<void> => {
    checkObjectKey(key);
    objects.delete(key);
  };

  return {
    async put(key, body, options = {}) {
      checkPut(key, options);
      const chunks: Uint8Array[] = [];
      for await (const chunk of checkedBody(body, options)) chunks.push(chunk.slice());
      const bytes = Buffer.concat(chunks);
      checkConditions(key, options, objects.get(key)?.info.etag);
      const info = {
        key,
        sizeBytes: bytes.length,
        etag: randomEtag(random),
        modifiedAtMs: Math.floor(clock.nowMs()),
      };
      objects.set(key, { info, bytes });
      return info;
    },

    async get(key, options = {}) {
      checkGet(key, options);
      options.deadline?.check();
      const { info, bytes } = find(key);
      checkConditions(key, { ...(options.ifMatch !== undefined && { ifMatch: options.ifMatch }) }, info.etag);
      const { range } = options;
      if (range !== undefined) checkRangeWithin(range, info.sizeBytes);
      const wanted = range === undefined ? bytes : bytes.subarray(range.offset, range.offset + range.length);
      return readingOf(info, wanted, options.deadline);
    },

    async head(key, { deadline } = {}) {
      checkObjectKey(key);
      deadline?.check();
      return find(key).info;
    },

    async list(options = {}) {
      const { prefix, cursor, limit } = checkList(options);
      options.deadline?.check();
      const keys = [...objects.keys()]
        .filter((key) => key.startsWith(prefix))
        .filter((key) => cursor === undefined || compareObjectKeys(key, cursor) > 0)
        .sort(compareObjectKeys);
      const page = keys.slice(0, limit);
      const last = page.at(-1);
      return {
        objects: page.map((key) => find(key).info),
        ...(keys.length > limit && last !== undefined && { nextCursor: last }),
      };
    },

    async delete(key, { deadline } = {}) {
      deadline?.check();
      await deleteOne(key);
    },

    deleteMany: (keys, options = {}) => deleteEach(keys, deleteOne, options),

    async listUnfinished(options = {}) {
      checkList(options);
      options.deadline?.check();
      return { puts: [] };
    },

    async removeUnfinished() {},

    async close() {},
  };
}

const chunkBytes = 1024 * 1024;

function readingOf(info: ObjectInfo, bytes: Uint8Array, deadline: Deadline | undefined): ObjectReading {
  // Copies, so that no reader can change what is stored.
  async function* body() {
    for (let at = 0; at < bytes.length; at += chunkBytes) {
      deadline?.check();
      yield bytes.slice(at, at + chunkBytes);
    }
  }
  return { info, body: body(), [Symbol.asyncDispose]: async () => {} };
}

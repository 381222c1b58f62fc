import type { ObjectStore } from "./objectStore.ts";

/**
 * A store that is opened when it is first asked for something: who never keeps an object loads no SDK. An opening that
 * fails rejects the call that wanted it, and the next call tries again.
 */
export function lazyObjectStore(open: () => Promise<ObjectStore>): ObjectStore {
  let opening: Promise<ObjectStore> | undefined;
  const opened = (): Promise<ObjectStore> => {
    opening ??= open().catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  };
  return {
    put: async (...call) => (await opened()).put(...call),
    get: async (...call) => (await opened()).get(...call),
    head: async (...call) => (await opened()).head(...call),
    list: async (...call) => (await opened()).list(...call),
    delete: async (...call) => (await opened()).delete(...call),
    deleteMany: async (...call) => (await opened()).deleteMany(...call),
    listUnfinished: async (...call) => (await opened()).listUnfinished(...call),
    removeUnfinished: async (...call) => (await opened()).removeUnfinished(...call),
    close: async () => (await opening?.catch(() => undefined))?.close(),
  };
}

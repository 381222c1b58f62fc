import type { Deadline } from "@akidb/base";
import type { ObjectCallOptions, ObjectSink, ObjectStore } from "@akidb/objects";

/** The same store for whoever gives no deadlines: whatever is under way ends when this one does. */
export function storeUntil(store: ObjectStore, deadline: Deadline): ObjectStore {
  const until = <Options extends ObjectCallOptions>(options?: Options) => ({ deadline, ...options });
  return {
    ...sinkUntil(store, deadline),
    get: (key, options) => store.get(key, until(options)),
    head: (key, options) => store.head(key, until(options)),
    list: (options) => store.list(until(options)),
    delete: (key, options) => store.delete(key, until(options)),
    deleteMany: (keys, options) => store.deleteMany(keys, until(options)),
    listUnfinished: (options) => store.listUnfinished(until(options)),
    removeUnfinished: (put, options) => store.removeUnfinished(put, until(options)),
    close: () => store.close(),
  };
}

export const sinkUntil = (sink: ObjectSink, deadline: Deadline): ObjectSink => ({
  put: (key, body, options) => sink.put(key, body, { deadline, ...options }),
});

import type { Clock } from "@akidb/base";
import type { ObjectReading, ObjectStore } from "./objectStore.ts";

/** Is told of the bytes that go to an object store and come from there. */
export interface ObjectMeter {
  /** An object is stored, whole. */
  uploaded(bytes: number, durationMs: number): void;
  /** A part of an object has come. */
  downloaded(bytes: number): void;
}

/** The same store; what fails is not measured. */
export function measuredObjectStore(store: ObjectStore, meter: ObjectMeter, clock: Clock): ObjectStore {
  return {
    put: async (key, body, options) => {
      const startMs = clock.monotonicMs();
      const receipt = await store.put(key, body, options);
      meter.uploaded(receipt.sizeBytes, clock.monotonicMs() - startMs);
      return receipt;
    },
    get: async (key, options) => measuredReading(await store.get(key, options), meter),
    head: (key, options) => store.head(key, options),
    list: (options) => store.list(options),
    delete: (key, options) => store.delete(key, options),
    deleteMany: (keys, options) => store.deleteMany(keys, options),
    listUnfinished: (options) => store.listUnfinished(options),
    removeUnfinished: (put, options) => store.removeUnfinished(put, options),
    close: () => store.close(),
  };
}

const measuredReading = (reading: ObjectReading, meter: ObjectMeter): ObjectReading => ({
  info: reading.info,
  body: measuredBody(reading.body, meter),
  [Symbol.asyncDispose]: () => reading[Symbol.asyncDispose](),
});

async function* measuredBody(body: AsyncIterable<Uint8Array>, meter: ObjectMeter): AsyncIterable<Uint8Array> {
  for await (const chunk of body) {
    meter.downloaded(chunk.byteLength);
    yield chunk;
  }
}

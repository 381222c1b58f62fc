import { type IdGenerator, invalidArgument, unavailable } from "@akidb/base";
import { objectLimits } from "../objectLimits.ts";
import type { ObjectSink } from "../parallelUploads.ts";
import type { PackedObject } from "./packedObject.ts";
import { encodePack, type PackedItem } from "./packFormat.ts";

export interface PackedUploadsOptions {
  /** A {@link ParallelUploads}, so that packs go up several at a time, or a store. */
  readonly sink: ObjectSink;
  /** What the packs' keys begin with; their names are identifiers in the order of time. */
  readonly prefix: string;
  readonly ids: IdGenerator;
  /** A pack is sent when it has so many objects, … */
  readonly objectsMax?: number;
  /** … or so many bytes, … */
  readonly bytesMax?: number;
  /** … or its first object has waited so long. */
  readonly waitMaxMs: number;
}

interface Waiting extends PackedItem {
  readonly resolve: (place: PackedObject) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Gathers small objects into packs, since a store answers some hundred requests in a second, whatever their size.
 * Each object's promise resolves with its place once its pack is stored; if the pack fails, all of its objects do.
 */
export class PackedUploads {
  readonly #options: PackedUploadsOptions;
  readonly #objectsMax: number;
  readonly #bytesMax: number;
  readonly #sending = new Set<Promise<void>>();
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  /** Of all packs that have not ended. */
  #unsentBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: PackedUploadsOptions) {
    this.#options = options;
    this.#objectsMax = options.objectsMax ?? objectLimits.packObjectsMax;
    this.#bytesMax = options.bytesMax ?? objectLimits.packBytesMax;
  }

  /**
   * @param name of the caller's choice, kept in the pack's index; need not be unique
   * @param bytes must not change until the promise settles
   */
  async put(name: string, bytes: Uint8Array): Promise<PackedObject> {
    if (this.#closed) throw unavailable("no more objects are packed: this is closed");
    if (Buffer.byteLength(name) > objectLimits.packNameBytesMax || !name.isWellFormed()) {
      throw invalidArgument(
        "name",
        `must be well-formed Unicode of at most ${objectLimits.packNameBytesMax} bytes`,
      );
    }
    if (bytes.length > this.#bytesMax) {
      throw invalidArgument(
        "body",
        `has more than the ${this.#bytesMax} bytes of a pack: store it by itself`,
      );
    }
    const { packingBytesMax } = objectLimits;
    if (this.#unsentBytes + bytes.length > packingBytesMax) {
      throw unavailable(`${packingBytesMax} bytes of objects are on their way already`, {
        retryAfterMs: 1_000,
      });
    }
    this.#unsentBytes += bytes.length;
    if (this.#waitingBytes + bytes.length > this.#bytesMax) this.#send();
    const { promise, resolve, reject } = Promise.withResolvers<PackedObject>();
    this.#waiting.push({ name, bytes, resolve, reject });
    this.#waitingBytes += bytes.length;
    if (this.#waiting.length >= this.#objectsMax || this.#waitingBytes >= this.#bytesMax) this.#send();
    else this.#timer ??= setTimeout(() => this.#send(), this.#options.waitMaxMs);
    return promise;
  }

  /** Sends what waits, and resolves when every pack begun so far has ended, well or not. */
  async flush(): Promise<void> {
    this.#send();
    await Promise.allSettled([...this.#sending]);
  }

  /** Flushes, and takes no more. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.flush();
  }

  #send(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#waiting.length === 0) return;
    const items = this.#waiting;
    const itemBytes = this.#waitingBytes;
    this.#waiting = [];
    this.#waitingBytes = 0;
    const sending = this.#sendPack(items).finally(() => {
      this.#sending.delete(sending);
      this.#unsentBytes -= itemBytes;
    });
    this.#sending.add(sending);
  }

  async #sendPack(items: readonly Waiting[]): Promise<void> {
    try {
      const { sink, prefix, ids } = this.#options;
      const packKey = `${prefix}${ids.next()}.pack`;
      const { bytes, entries } = encodePack(items);
      await sink.put(packKey, bytes, { sizeBytes: bytes.length });
      for (const [i, entry] of entries.entries()) items[i]?.resolve({ packKey, ...entry });
    } catch (error) {
      for (const { reject } of items) reject(error);
    }
  }
}

export interface CachedVector {
  readonly vector: Float32Array;
  readonly tokens: number;
}

/** What an entry takes beside its text and vector, roughly. */
const entryBytes = 200;

/** Vectors of the texts that were asked for most recently, of one model. */
export class VectorCache {
  readonly #bytesMax: number;
  /** The least recently used first. */
  readonly #entries = new Map<string, CachedVector>();
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(text: string): CachedVector | undefined {
    const entry = this.#entries.get(text);
    if (entry === undefined) return undefined;
    this.#entries.delete(text);
    this.#entries.set(text, entry);
    return entry;
  }

  /** @param vector is copied: what it is a part of need not stay */
  set(text: string, vector: Float32Array, tokens: number): void {
    const old = this.#entries.get(text);
    if (old !== undefined) this.#drop(text, old);
    const entry = { vector: vector.slice(), tokens };
    this.#entries.set(text, entry);
    this.#bytes += bytesOf(text, entry);
    for (const [oldest, dropped] of this.#entries) {
      if (this.#bytes <= this.#bytesMax) return;
      this.#drop(oldest, dropped);
    }
  }

  #drop(text: string, entry: CachedVector): void {
    this.#entries.delete(text);
    this.#bytes -= bytesOf(text, entry);
  }
}

const bytesOf = (text: string, { vector }: CachedVector): number =>
  2 * text.length + vector.byteLength + entryBytes;

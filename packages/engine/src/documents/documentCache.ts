import type { ResolvedDocument } from "../collection/mutation.ts";
import { documentHeapBytes } from "./documentHeapBytes.ts";

/**
 * Documents read lately, within a bound of bytes: two generations, of which the older one is dropped when the younger one
 * has grown to half of the bound. What is asked for stays in the younger one. A hit takes a fraction of a microsecond by a
 * number, a whole one by an id that was just made of its bytes; reading and checking a row of the file takes several.
 */
export class DocumentCache<Key> {
  #generationBytesMax: number;
  #young = new Map<Key, ResolvedDocument>();
  #youngBytes = 0;
  #old = new Map<Key, ResolvedDocument>();
  #oldBytes = 0;

  constructor(bytesMax: number) {
    this.#generationBytesMax = bytesMax / 2;
  }

  /** What was dropped one by one counts until its generation goes. */
  get bytes(): number {
    return this.#youngBytes + this.#oldBytes;
  }

  /** Another bound from now on: what is beyond it goes at once, the older generation first. */
  set bytesMax(bytesMax: number) {
    this.#generationBytesMax = bytesMax / 2;
    if (this.#oldBytes > this.#generationBytesMax) {
      this.#old = new Map();
      this.#oldBytes = 0;
    }
    if (this.#youngBytes > this.#generationBytesMax) {
      this.#young = new Map();
      this.#youngBytes = 0;
    }
  }

  get(key: Key): ResolvedDocument | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: Key, document: ResolvedDocument): void {
    const bytes = documentHeapBytes(document);
    if (this.#youngBytes + bytes > this.#generationBytesMax) {
      this.#old = this.#young;
      this.#oldBytes = this.#youngBytes;
      this.#young = new Map();
      this.#youngBytes = 0;
    }
    if (bytes > this.#generationBytesMax) return;
    this.#young.set(key, document);
    this.#youngBytes += bytes;
  }

  clear(): void {
    this.#young = new Map();
    this.#youngBytes = 0;
    this.#old = new Map();
    this.#oldBytes = 0;
  }

  /** To be called when the document changes. */
  delete(key: Key): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }
}

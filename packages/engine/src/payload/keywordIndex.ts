import { PostingList } from "./postingList.ts";
import { SortedRuns } from "./sortedRuns.ts";

/** Heap of a dictionary's entry beside its characters and its list: measured on Node 24. */
const entryBytes = 220;

/**
 * Texts with their rows. A dictionary as long as there are few different ones, so that prefixes and ranges look at each
 * text once; beyond that, hashes: equality is then found with a few strangers, and nothing else is.
 */
export class KeywordIndex {
  readonly #distinctMax: number;
  #dictionary: Map<string, PostingList> | undefined = new Map();
  #hashes: SortedRuns | undefined;
  #characters = 0;

  constructor(distinctMax: number) {
    this.#distinctMax = distinctMax;
  }

  /** Whether there were too many different texts for a dictionary. */
  get isHashed(): boolean {
    return this.#hashes !== undefined;
  }

  get memoryBytes(): number {
    if (this.#hashes !== undefined) return this.#hashes.memoryBytes;
    let bytes = this.#characters;
    for (const rows of this.#dictionary!.values()) bytes += entryBytes + rows.memoryBytes;
    return bytes;
  }

  add(text: string, row: number): void {
    if (this.#hashes !== undefined) {
      this.#hashes.add(hashOf(text), row);
      return;
    }
    const dictionary = this.#dictionary!;
    let rows = dictionary.get(text);
    if (rows === undefined) {
      if (dictionary.size === this.#distinctMax) {
        this.#hash(dictionary);
        this.add(text, row);
        return;
      }
      rows = new PostingList();
      dictionary.set(text, rows);
      this.#characters += text.length;
    }
    rows.add(row);
  }

  remove(text: string, row: number): void {
    if (this.#hashes !== undefined) {
      this.#hashes.remove(hashOf(text), row);
      return;
    }
    const rows = this.#dictionary!.get(text);
    if (rows === undefined) return;
    rows.remove(row);
    if (rows.count > 0) return;
    this.#dictionary!.delete(text);
    this.#characters -= text.length;
  }

  /** Every row that has the text; with `isHashed`, a few others beside. */
  forEachEqual(text: string, visit: (row: number) => void): void {
    if (this.#hashes !== undefined) {
      const hash = hashOf(text);
      this.#hashes.forEachIn(hash, hash, visit);
      return;
    }
    this.#dictionary!.get(text)?.forEach(visit);
  }

  /** Of a dictionary: the rows of each of its texts that passes. */
  forEachPassing(passes: (text: string) => boolean, visit: (row: number) => void): void {
    for (const [text, rows] of this.#dictionary ?? []) if (passes(text)) rows.forEach(visit);
  }

  #hash(dictionary: Map<string, PostingList>): void {
    const hashes = new SortedRuns();
    for (const [text, rows] of dictionary) {
      const hash = hashOf(text);
      rows.forEach((row) => {
        hashes.add(hash, row);
      });
    }
    this.#hashes = hashes;
    this.#dictionary = undefined;
  }
}

/** 53 bits (cyrb53, a mix of two 32-bit multiplications): a million different texts collide once in ten thousand times. */
function hashOf(text: string): number {
  let a = 0xdead_beef;
  let b = 0x41c6_ce57;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    a = Math.imul(a ^ code, 2_654_435_761);
    b = Math.imul(b ^ code, 1_597_334_677);
  }
  a = Math.imul(a ^ (a >>> 16), 2_246_822_507) ^ Math.imul(b ^ (b >>> 13), 3_266_489_909);
  b = Math.imul(b ^ (b >>> 16), 2_246_822_507) ^ Math.imul(a ^ (a >>> 13), 3_266_489_909);
  return 4_294_967_296 * (2_097_151 & b) + (a >>> 0);
}

import { assert } from "@akidb/base";
import { PostingList } from "./postingList.ts";
import { SortedRuns, type StoredRuns } from "./sortedRuns.ts";
import { DictionaryImage } from "./stored/dictionaryImage.ts";
import { loadDictionary } from "./stored/loadDictionary.ts";
import type { PartImage } from "./stored/partImage.ts";
import type { StoredRegions } from "./stored/storedRegions.ts";
import { countOf, forEachRowOf, isEmpty, type TextRows, withoutRow, withRow } from "./textRows.ts";

/** Heap of a dictionary's entry beside characters and list: measured on Node 24. */
const entryBytes = 58;

const bytesOf = (text: string, rows: TextRows): number =>
  entryBytes + text.length + (typeof rows === "number" ? 0 : rows.memoryBytes);

export type StoredKeywords =
  | { readonly kind: "dictionary"; readonly textCount: number }
  | { readonly kind: "hashes"; readonly runs: StoredRuns };

/** What texts were at one moment; a dictionary is looked through as it is written. */
export interface KeywordImage extends Disposable {
  part(): Promise<PartImage<StoredKeywords>>;
}

/**
 * Texts with their rows. A dictionary as long as there are few different ones, so that prefixes and ranges look at each
 * text once; beyond that, hashes: equality is then found with a few strangers, and nothing else is.
 */
export class KeywordIndex {
  readonly #distinctMax: number;
  #dictionary: Map<string, TextRows> | undefined = new Map();
  #hashes: SortedRuns | undefined;
  /** Of the dictionary, counted as it changes: it is asked for far more often than a walk over all texts is worth. */
  #dictionaryBytes = 0;
  /** Of the dictionary, while it is being written. */
  #image: DictionaryImage | undefined;

  constructor(distinctMax: number) {
    this.#distinctMax = distinctMax;
  }

  /** Those that an image was taken of. */
  static async load(
    stored: StoredKeywords,
    regions: StoredRegions,
    { distinctMax, rowEnd }: { readonly distinctMax: number; readonly rowEnd: number },
  ): Promise<KeywordIndex> {
    const loaded = new KeywordIndex(distinctMax);
    if (stored.kind === "hashes") {
      loaded.#hashes = SortedRuns.load(stored.runs, regions);
      loaded.#dictionary = undefined;
      return loaded;
    }
    const dictionary = await loadDictionary(stored.textCount, regions, rowEnd);
    loaded.#dictionary = dictionary;
    for (const [text, rows] of dictionary) loaded.#dictionaryBytes += bytesOf(text, rows);
    return loaded;
  }

  /** Whether there were too many different texts for a dictionary. */
  get isHashed(): boolean {
    return this.#hashes !== undefined;
  }

  /** Texts with their rows; undefined where there were too many. Others may come while it is iterated over. */
  get dictionary(): ReadonlyMap<string, TextRows> | undefined {
    return this.#dictionary;
  }

  get memoryBytes(): number {
    return this.#hashes?.memoryBytes ?? this.#dictionaryBytes;
  }

  add(text: string, row: number): void {
    if (this.#hashes !== undefined) {
      this.#hashes.add(hashOf(text), row);
      return;
    }
    const dictionary = this.#dictionary!;
    const rows = dictionary.get(text);
    if (rows !== undefined) {
      this.#image?.beforeChange(text, rows, row);
      this.#dictionaryBytes -= bytesOf(text, rows);
      const changed = withRow(rows, row);
      if (changed !== rows) dictionary.set(text, changed);
      this.#dictionaryBytes += bytesOf(text, changed);
    } else if (dictionary.size === this.#distinctMax) {
      this.#hash(dictionary);
      this.add(text, row);
    } else {
      dictionary.set(text, row);
      this.#dictionaryBytes += bytesOf(text, row);
    }
  }

  remove(text: string, row: number): void {
    if (this.#hashes !== undefined) {
      this.#hashes.remove(hashOf(text), row);
      return;
    }
    const dictionary = this.#dictionary!;
    const rows = dictionary.get(text);
    if (rows === undefined) return;
    this.#image?.beforeChange(text, rows, row);
    this.#dictionaryBytes -= bytesOf(text, rows);
    // No text leaves while it is written.
    const left = withoutRow(rows, row) ?? (this.#image && new PostingList());
    if (left === undefined) {
      dictionary.delete(text);
    } else {
      dictionary.set(text, left);
      this.#dictionaryBytes += bytesOf(text, left);
    }
  }

  /** Every row that has the text; with `isHashed`, a few others beside. */
  forEachEqual(text: string, visit: (row: number) => void): void {
    if (this.#hashes !== undefined) {
      const hash = hashOf(text);
      this.#hashes.forEachIn(hash, hash, visit);
      return;
    }
    const rows = this.#dictionary!.get(text);
    if (rows !== undefined) forEachRowOf(rows, visit);
  }

  /** Rows that have the text; with `isHashed`, a few others beside. */
  countEqual(text: string): number {
    if (this.#hashes === undefined) {
      const rows = this.#dictionary!.get(text);
      return rows === undefined ? 0 : countOf(rows);
    }
    const hash = hashOf(text);
    return this.#hashes.countIn(hash, hash);
  }

  /** Of a dictionary: the rows of each of its texts that passes. */
  forEachPassing(passes: (text: string) => boolean, visit: (row: number) => void): void {
    for (const [text, rows] of this.#dictionary ?? []) if (passes(text)) forEachRowOf(rows, visit);
  }

  /** @param rowEnd every row is below */
  image(name: string, rowEnd: number): KeywordImage {
    if (this.#hashes !== undefined) {
      const { description: runs, regions } = this.#hashes.image(name);
      return {
        part: async () => ({ description: { kind: "hashes", runs }, regions }),
        [Symbol.dispose]: () => {},
      };
    }
    assert(this.#image === undefined, "one image of a dictionary is written at a time");
    const dictionary = this.#dictionary!;
    const image = new DictionaryImage(name, dictionary, rowEnd);
    this.#image = image;
    return {
      part: () => image.part(),
      [Symbol.dispose]: () => {
        this.#image = undefined;
        for (const text of image.changedTexts) this.#forgetEmpty(dictionary, text);
      },
    };
  }

  #forgetEmpty(dictionary: Map<string, TextRows>, text: string): void {
    const rows = dictionary.get(text);
    if (dictionary !== this.#dictionary || rows === undefined || !isEmpty(rows)) return;
    dictionary.delete(text);
    this.#dictionaryBytes -= bytesOf(text, rows);
  }

  #hash(dictionary: Map<string, TextRows>): void {
    const hashes = new SortedRuns();
    for (const [text, rows] of dictionary) {
      const hash = hashOf(text);
      forEachRowOf(rows, (row) => hashes.add(hash, row));
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

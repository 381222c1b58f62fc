import { assert } from "@akidb/base";
import { PostingList } from "./postingList.ts";
import { SortedRuns, type StoredRuns } from "./sortedRuns.ts";
import { DictionaryImage } from "./stored/dictionaryImage.ts";
import { loadDictionary } from "./stored/loadDictionary.ts";
import type { PartImage } from "./stored/partImage.ts";
import type { StoredRegions } from "./stored/storedRegions.ts";

/** Heap of a dictionary's entry beside its list: measured on Node 24. */
const entryBytes = 220;

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
  #dictionary: Map<string, PostingList> | undefined = new Map();
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
  get dictionary(): ReadonlyMap<string, PostingList> | undefined {
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
    let rows = dictionary.get(text);
    if (rows === undefined) {
      if (dictionary.size === this.#distinctMax) {
        this.#hash(dictionary);
        this.add(text, row);
        return;
      }
      rows = new PostingList();
      dictionary.set(text, rows);
      this.#dictionaryBytes += bytesOf(text, rows);
    }
    this.#image?.beforeChange(text, rows, row);
    const bytesBefore = rows.memoryBytes;
    rows.add(row);
    this.#dictionaryBytes += rows.memoryBytes - bytesBefore;
  }

  remove(text: string, row: number): void {
    if (this.#hashes !== undefined) {
      this.#hashes.remove(hashOf(text), row);
      return;
    }
    const rows = this.#dictionary!.get(text);
    if (rows === undefined) return;
    this.#image?.beforeChange(text, rows, row);
    rows.remove(row);
    if (rows.count === 0 && this.#image === undefined) this.#forget(text);
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

  /** Rows that have the text; with `isHashed`, a few others beside. */
  countEqual(text: string): number {
    if (this.#hashes === undefined) return this.#dictionary!.get(text)?.count ?? 0;
    const hash = hashOf(text);
    return this.#hashes.countIn(hash, hash);
  }

  /** Of a dictionary: the rows of each of its texts that passes. */
  forEachPassing(passes: (text: string) => boolean, visit: (row: number) => void): void {
    for (const [text, rows] of this.#dictionary ?? []) if (passes(text)) rows.forEach(visit);
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
        for (const text of image.changedTexts) if (dictionary.get(text)?.count === 0) this.#forget(text);
      },
    };
  }

  #forget(text: string): void {
    const rows = this.#dictionary?.get(text);
    if (rows === undefined) return;
    this.#dictionary!.delete(text);
    this.#dictionaryBytes -= bytesOf(text, rows);
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

const bytesOf = (text: string, rows: PostingList): number => entryBytes + text.length + rows.memoryBytes;

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

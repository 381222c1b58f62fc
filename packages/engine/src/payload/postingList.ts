import { addRow, bitCount, emptyRowBitset, forEachRow, hasRow, type RowBitset } from "./rowBitset.ts";
import { type PartImage, regionOf } from "./stored/partImage.ts";
import type { StoredRegions } from "./stored/storedRegions.ts";

/** A list takes a word a row, a bitset a bit: beyond one row in this many, bits are smaller. */
const rowsPerWord = 32;

const noRows = new Uint32Array(0);

/** Heap of a list itself, and of an array of rows beside the rows: measured on Node 24. */
const listBytes = 60;
const arrayBytes = 240;

export interface StoredPostings {
  readonly count: number;
  readonly form: "list" | "bits";
}

/**
 * The rows that have a value: a list while they are few, a bit for each row of the collection once they are many. Four
 * bytes a row at most, and an eighth of a byte for each row of the collection.
 */
export class PostingList {
  /** In the order of their addition. */
  #list: Uint32Array | undefined = noRows;
  #bits: RowBitset | undefined;
  #count = 0;
  /** Whether an image has the memory, too: rows that are in it stay as they are. */
  #isShared = false;

  /** The list that an image was taken of. */
  static load({ count, form }: StoredPostings, regions: StoredRegions): PostingList {
    const words = regions.words();
    regions.require(form === "bits" || words.length === count, "has rows that are not as many as it says");
    return PostingList.of(words, count, form);
  }

  /** @param words of the form, which become the list's own */
  static of(words: Uint32Array, count: number, form: StoredPostings["form"]): PostingList {
    const postings = new PostingList();
    if (count === 0) return postings;
    postings.#list = form === "list" ? words : undefined;
    postings.#bits = form === "bits" ? words : undefined;
    postings.#count = count;
    return postings;
  }

  get count(): number {
    return this.#count;
  }

  get memoryBytes(): number {
    const { byteLength } = (this.#list ?? this.#bits)!;
    return listBytes + (byteLength === 0 ? 0 : arrayBytes + byteLength);
  }

  /** Adding a row that was the last one added changes nothing; any other row must be new. */
  add(row: number): void {
    if (this.#bits !== undefined) {
      this.#addBit(row);
      return;
    }
    const list = this.#list!;
    if (this.#count > 0 && list[this.#count - 1] === row) return;
    if (this.#count === list.length) {
      if (this.#count > rowsPerWord && this.#count * rowsPerWord > row) {
        this.#toBits(row);
        this.#addBit(row);
        return;
      }
      this.#list = grown(list, Math.max(2, 2 * list.length));
      this.#isShared = false;
    }
    // Behind the end of what an image has of it.
    this.#list![this.#count++] = row;
  }

  /** A row that is not there is ignored. */
  remove(row: number): void {
    if (this.#bits !== undefined) {
      const bit = 1 << (row & 31);
      const word = row >>> 5;
      if (word >= this.#bits.length || (this.#bits[word]! & bit) === 0) return;
      this.#unshare();
      this.#bits[word]! &= ~bit;
      this.#count -= 1;
      return;
    }
    const at = this.#list!.lastIndexOf(row, this.#count - 1);
    if (at === -1 || this.#count === 0) return;
    this.#unshare();
    this.#list!.copyWithin(at, at + 1, this.#count);
    this.#count -= 1;
  }

  /** Rows from the bitset's end on are left out. */
  addTo(rows: RowBitset): void {
    if (this.#bits !== undefined) {
      const words = Math.min(rows.length, this.#bits.length);
      for (let word = 0; word < words; word++) rows[word]! |= this.#bits[word]!;
      return;
    }
    const list = this.#list!;
    const rowEnd = 32 * rows.length;
    for (let index = 0; index < this.#count; index++) {
      if (list[index]! < rowEnd) addRow(rows, list[index]!);
    }
  }

  /** How many of its rows are in a bitset; rows from the bitset's end on are not. */
  countIn(rows: RowBitset): number {
    let count = 0;
    if (this.#bits !== undefined) {
      const words = Math.min(rows.length, this.#bits.length);
      for (let word = 0; word < words; word++) count += bitCount(rows[word]! & this.#bits[word]!);
      return count;
    }
    for (let index = 0; index < this.#count; index++) if (hasRow(rows, this.#list![index]!)) count += 1;
    return count;
  }

  forEach(visit: (row: number) => void): void {
    if (this.#bits !== undefined) {
      forEachRow(this.#bits, visit);
      return;
    }
    for (let index = 0; index < this.#count; index++) visit(this.#list![index]!);
  }

  /** Rows below, counted. */
  countBelow(rowEnd: number): number {
    let count = 0;
    if (this.#bits !== undefined) {
      const words = Math.min(this.#bits.length, rowEnd >>> 5);
      for (let word = 0; word < words; word++) count += bitCount(this.#bits[word]!);
      return count + bitCount((this.#bits[words] ?? 0) & ((1 << (rowEnd & 31)) - 1));
    }
    for (let index = 0; index < this.#count; index++) if (this.#list![index]! < rowEnd) count += 1;
    return count;
  }

  clone(): PostingList {
    const clone = new PostingList();
    clone.#list = this.#list?.slice();
    clone.#bits = this.#bits?.slice();
    clone.#count = this.#count;
    return clone;
  }

  image(name: string): PartImage<StoredPostings> {
    this.#isShared = true;
    const form = this.#bits === undefined ? "list" : "bits";
    const words = this.#bits ?? this.#list!.subarray(0, this.#count);
    return { description: { count: this.#count, form }, regions: [regionOf(name, words)] };
  }

  #unshare(): void {
    if (!this.#isShared) return;
    this.#list = this.#list?.slice();
    this.#bits = this.#bits?.slice();
    this.#isShared = false;
  }

  #addBit(row: number): void {
    this.#unshare();
    const word = row >>> 5;
    if (word >= this.#bits!.length)
      this.#bits = grown(this.#bits!, Math.max(word + 1, 2 * this.#bits!.length));
    const bits = this.#bits!;
    const bit = 1 << (row & 31);
    if ((bits[word]! & bit) === 0) this.#count += 1;
    bits[word]! |= bit;
  }

  #toBits(row: number): void {
    const list = this.#list!;
    let rowMax = row;
    for (let index = 0; index < this.#count; index++) rowMax = Math.max(rowMax, list[index]!);
    this.#bits = emptyRowBitset(rowMax + 1);
    for (let index = 0; index < this.#count; index++) addRow(this.#bits, list[index]!);
    this.#list = undefined;
    this.#isShared = false;
  }
}

function grown(words: Uint32Array, length: number): Uint32Array {
  const larger = new Uint32Array(length);
  larger.set(words);
  return larger;
}

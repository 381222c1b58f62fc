import { addRow, emptyRowBitset, forEachRow, type RowBitset } from "./rowBitset.ts";

/** A list takes a word a row, a bitset a bit: beyond one row in this many, bits are smaller. */
const rowsPerWord = 32;

/**
 * The rows that have a value: a list while they are few, a bit for each row of the collection once they are many. Four
 * bytes a row at most, and an eighth of a byte for each row of the collection.
 */
export class PostingList {
  /** In the order of their addition. */
  #list: Uint32Array | undefined = new Uint32Array(2);
  #bits: RowBitset | undefined;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  get memoryBytes(): number {
    return (this.#list ?? this.#bits)!.byteLength;
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
      this.#list = grown(list, 2 * list.length);
    }
    this.#list![this.#count++] = row;
  }

  /** A row that is not there is ignored. */
  remove(row: number): void {
    if (this.#bits !== undefined) {
      const bit = 1 << (row & 31);
      const word = row >>> 5;
      if (word >= this.#bits.length || (this.#bits[word]! & bit) === 0) return;
      this.#bits[word]! &= ~bit;
      this.#count -= 1;
      return;
    }
    const list = this.#list!;
    const at = list.lastIndexOf(row, this.#count - 1);
    if (at === -1 || this.#count === 0) return;
    list.copyWithin(at, at + 1, this.#count);
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

  forEach(visit: (row: number) => void): void {
    if (this.#bits !== undefined) {
      forEachRow(this.#bits, visit);
      return;
    }
    for (let index = 0; index < this.#count; index++) visit(this.#list![index]!);
  }

  #addBit(row: number): void {
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
  }
}

function grown(words: Uint32Array, length: number): Uint32Array {
  const larger = new Uint32Array(length);
  larger.set(words);
  return larger;
}

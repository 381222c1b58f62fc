import { assert } from "@akidb/base";

/**
 * Sixty-four tables by the highest bits of the hash, so that growing one holds up a write for a 64th of what one big
 * table would take: about a millisecond for a million rows.
 */
const shardCount = 64;
const shardShift = 26;
const firstSlots = 8;

const noSlots = new Uint32Array(0);

/** At most two thirds are taken when it is made, and at least one third but for small ones. */
const slotsFor = (rows: number): number => {
  let slots = firstSlots;
  while (rows * 3 > slots * 2) slots *= 2;
  return slots;
};

/**
 * Finds rows by a 32-bit hash: open addressing with linear probing, deletion by shifting back (Knuth, TAOCP 3, 6.4 R).
 * It holds row numbers alone; what they stand for is elsewhere, and several may share a hash.
 */
export class RowHashTable {
  readonly #hashOf: (row: number) => number;
  /** Row + 1; 0 is empty. */
  readonly #shards: Uint32Array[] = Array.from({ length: shardCount }, () => noSlots);
  readonly #counts = new Uint32Array(shardCount);

  /** @param hashOf the same for a row as long as it is in the table */
  constructor(hashOf: (row: number) => number) {
    this.#hashOf = hashOf;
  }

  get memoryBytes(): number {
    return this.#shards.reduce((sum, slots) => sum + slots.byteLength, this.#counts.byteLength);
  }

  /**
   * Makes room, so that adding rows cannot fail.
   *
   * @param hashes of the rows; asked for only where it takes more than their number to know
   */
  reserve(count: number, hashes: () => Iterable<number>): void {
    let fits = true;
    for (let shard = 0; shard < shardCount; shard++) {
      const rows = this.#counts[shard]!;
      if (rows * 3 > this.#shards[shard]!.length * 2) this.#grow(shard, rows);
      fits &&= this.#hasRoom(shard, count);
    }
    if (fits) return;
    const added = new Uint32Array(shardCount);
    for (const hash of hashes()) added[hash >>> shardShift]! += 1;
    for (const [shard, more] of added.entries()) {
      if (!this.#hasRoom(shard, more)) this.#grow(shard, this.#counts[shard]! + more);
    }
  }

  /** @param hash the row's */
  add(row: number, hash: number): void {
    const shard = hash >>> shardShift;
    if (!this.#hasRoom(shard, 1)) this.#grow(shard, this.#counts[shard]! + 1);
    insert(this.#shards[shard]!, row, hash);
    this.#counts[shard]! += 1;
  }

  /**
   * @param row that was added
   * @param hash the row's
   */
  remove(row: number, hash: number): void {
    const shard = hash >>> shardShift;
    const slots = this.#shards[shard]!;
    const mask = slots.length - 1;
    let hole = hash & mask;
    while (slots[hole] !== row + 1) {
      assert(slots[hole] !== 0, "only a row that is in the table is removed");
      hole = (hole + 1) & mask;
    }
    // Whoever follows without a gap, and whose home does not lie behind the hole, moves into it.
    for (let at = (hole + 1) & mask; slots[at] !== 0; at = (at + 1) & mask) {
      const home = this.#hashOf(slots[at]! - 1) & mask;
      if (((at - home) & mask) >= ((at - hole) & mask)) {
        slots[hole] = slots[at]!;
        hole = at;
      }
    }
    slots[hole] = 0;
    this.#counts[shard]! -= 1;
  }

  /** The first row that may have the hash and is accepted; rows of other hashes are offered, too. */
  find(hash: number, accept: (row: number) => boolean): number | undefined {
    const slots = this.#shards[hash >>> shardShift]!;
    if (slots.length === 0) return undefined;
    const mask = slots.length - 1;
    for (let at = hash & mask; slots[at] !== 0; at = (at + 1) & mask) {
      const row = slots[at]! - 1;
      if (accept(row)) return row;
    }
    return undefined;
  }

  /** Never full to the last slots, where probing would take long, or for ever. */
  #hasRoom(shard: number, added: number): boolean {
    return (this.#counts[shard]! + added) * 8 <= this.#shards[shard]!.length * 7;
  }

  #grow(shard: number, rows: number): void {
    const grown = new Uint32Array(slotsFor(rows));
    for (const entry of this.#shards[shard]!) {
      if (entry !== 0) insert(grown, entry - 1, this.#hashOf(entry - 1));
    }
    this.#shards[shard] = grown;
  }
}

function insert(slots: Uint32Array, row: number, hash: number): void {
  const mask = slots.length - 1;
  let at = hash & mask;
  while (slots[at] !== 0) at = (at + 1) & mask;
  slots[at] = row + 1;
}

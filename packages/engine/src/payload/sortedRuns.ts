import { addRow, countRows, emptyRowBitset, hasRow, type RowBitset } from "./rowBitset.ts";
import { type PartImage, regionOf } from "./stored/partImage.ts";
import type { StoredRegions } from "./stored/storedRegions.ts";

/** Entries that wait unsorted; each search looks at all of them. */
const recentEntriesMax = 1_024;

/** There is room for so many from the beginning: most fields of a small collection need no more. */
const recentEntriesMin = 16;
export interface SortedEntries {
  readonly keys: Float64Array;
  readonly rows: Uint32Array;
  /** Bit per entry that does not count; undefined where all do. */
  readonly removed: RowBitset | undefined;
}

/** Entries in the order of their keys, then rows. */
interface Run {
  readonly keys: Float64Array;
  readonly rows: Uint32Array;
  /** Bit per entry; undefined while none was removed. */
  removed: RowBitset | undefined;
}

export interface StoredRuns {
  /** Entries of each. */
  readonly runs: readonly number[];
  readonly recent: number;
  /** Whether there is a region of bits, a word for each 32 entries of a run begun. */
  readonly hasRemoved: boolean;
}

/**
 * Numbers with their rows, to be found by range: sorted runs, each at least twice as long as the next, behind a few
 * recent entries without order (a logarithmic merge, Bentley & Saxe 1980). Adding costs O(log n) amortised, a range two
 * binary searches a run. Twelve bytes an entry.
 */
export class SortedRuns {
  /** Longest first. */
  readonly #runs: Run[] = [];
  #recentKeys = new Float64Array(recentEntriesMin);
  #recentRows = new Uint32Array(recentEntriesMin);
  #recentCount = 0;
  #removedCount = 0;

  /** Those that an image was taken of. */
  static load({ runs, recent, hasRemoved }: StoredRuns, regions: StoredRegions): SortedRuns {
    const loaded = new SortedRuns();
    const keys = regions.doubles();
    const rows = regions.words();
    const removed = hasRemoved ? regions.words() : undefined;
    const total = runs.reduce((sum, count) => sum + count, recent);
    const isWhole = keys.length === total && rows.length === total && recent <= recentEntriesMax;
    regions.require(isWhole, "has numbers that are not as many as it says");
    let at = 0;
    let word = 0;
    for (const count of runs) {
      const bits = removed?.subarray(word, word + Math.ceil(count / 32));
      loaded.#runs.push({
        keys: keys.subarray(at, at + count),
        rows: rows.subarray(at, at + count),
        removed: bits,
      });
      if (bits !== undefined) loaded.#removedCount += countRows(bits);
      at += count;
      word += Math.ceil(count / 32);
    }
    while (loaded.#recentRows.length < recent) loaded.#growRecent();
    loaded.#recentKeys.set(keys.subarray(at));
    loaded.#recentRows.set(rows.subarray(at));
    loaded.#recentCount = recent;
    return loaded;
  }

  get count(): number {
    return this.#runs.reduce((sum, { rows }) => sum + rows.length, this.#recentCount) - this.#removedCount;
  }

  get memoryBytes(): number {
    const entries = this.#runs.reduce((sum, { rows }) => sum + rows.length, this.#recentRows.length);
    return entries * (Float64Array.BYTES_PER_ELEMENT + Uint32Array.BYTES_PER_ELEMENT);
  }

  /** @param key not NaN */
  add(key: number, row: number): void {
    if (this.#recentCount === recentEntriesMax) this.#sortRecent();
    if (this.#recentCount === this.#recentRows.length) this.#growRecent();
    this.#recentKeys[this.#recentCount] = key;
    this.#recentRows[this.#recentCount++] = row;
  }

  /** One entry of that key and row; nothing where there is none. */
  remove(key: number, row: number): void {
    for (let index = this.#recentCount - 1; index >= 0; index--) {
      if (this.#recentKeys[index] !== key || this.#recentRows[index] !== row) continue;
      this.#recentCount -= 1;
      this.#recentKeys[index] = this.#recentKeys[this.#recentCount]!;
      this.#recentRows[index] = this.#recentRows[this.#recentCount]!;
      return;
    }
    for (const run of this.#runs) {
      const index = indexOf(run, key, row);
      if (index === undefined) continue;
      run.removed ??= emptyRowBitset(run.rows.length);
      addRow(run.removed, index);
      this.#removedCount += 1;
      return;
    }
  }

  /** All entries, in a few parts that stay as they are; a pair of key and row stands in one of them. */
  entries(): readonly SortedEntries[] {
    const recent = {
      keys: this.#recentKeys.slice(0, this.#recentCount),
      rows: this.#recentRows.slice(0, this.#recentCount),
      removed: undefined,
    };
    return [...this.#runs.map((run) => ({ ...run, removed: run.removed?.slice() })), recent];
  }

  /** Rows with a key from `from` to `to`, both included; a row once for each of its keys in there. */
  forEachIn(from: number, to: number, visit: (row: number) => void): void {
    for (const run of this.#runs) {
      const end = firstBeyond(run.keys, to);
      for (let index = firstFrom(run.keys, from); index < end; index++) {
        if (!isRemoved(run, index)) visit(run.rows[index]!);
      }
    }
    for (let index = 0; index < this.#recentCount; index++) {
      const key = this.#recentKeys[index]!;
      if (key >= from && key <= to) visit(this.#recentRows[index]!);
    }
  }

  /** Entries with a key from `from` to `to`, removed ones among them. Two binary searches a run. */
  countIn(from: number, to: number): number {
    let count = 0;
    for (const { keys } of this.#runs) count += Math.max(0, firstBeyond(keys, to) - firstFrom(keys, from));
    for (let index = 0; index < this.#recentCount; index++) {
      const key = this.#recentKeys[index]!;
      if (key >= from && key <= to) count += 1;
    }
    return count;
  }

  /** Runs do not change but for what is removed from them: nothing else is copied. */
  image(name: string): PartImage<StoredRuns> {
    const runs = [...this.#runs];
    const recent = this.#recentCount;
    const hasRemoved = runs.some(({ removed }) => removed !== undefined);
    const removed = runs.map((run) => run.removed?.slice() ?? emptyRowBitset(run.rows.length));
    return {
      description: { runs: runs.map(({ rows }) => rows.length), recent, hasRemoved },
      regions: [
        regionOf(name, ...runs.map(({ keys }) => keys), this.#recentKeys.slice(0, recent)),
        regionOf(name, ...runs.map(({ rows }) => rows), this.#recentRows.slice(0, recent)),
        ...(hasRemoved ? [regionOf(name, ...removed)] : []),
      ],
    };
  }

  #growRecent(): void {
    const [keys, rows] = [this.#recentKeys, this.#recentRows];
    this.#recentKeys = new Float64Array(2 * keys.length);
    this.#recentRows = new Uint32Array(2 * rows.length);
    this.#recentKeys.set(keys);
    this.#recentRows.set(rows);
  }

  #sortRecent(): void {
    let run = sorted(this.#recentKeys, this.#recentRows);
    this.#recentCount = 0;
    for (
      let last = this.#runs.at(-1);
      last !== undefined && last.rows.length < 2 * run.rows.length;
      last = this.#runs.at(-1)
    ) {
      this.#runs.pop();
      run = this.#merged(last, run);
    }
    this.#runs.push(run);
  }

  /** Drops what was removed. */
  #merged(a: Run, b: Run): Run {
    const length = a.rows.length + b.rows.length;
    const keys = new Float64Array(length);
    const rows = new Uint32Array(length);
    let count = 0;
    const take = (run: Run, index: number): void => {
      if (isRemoved(run, index)) {
        this.#removedCount -= 1;
        return;
      }
      keys[count] = run.keys[index]!;
      rows[count++] = run.rows[index]!;
    };
    let i = 0;
    let j = 0;
    while (i < a.rows.length && j < b.rows.length) {
      if (a.keys[i]! < b.keys[j]! || (a.keys[i] === b.keys[j] && a.rows[i]! <= b.rows[j]!)) take(a, i++);
      else take(b, j++);
    }
    while (i < a.rows.length) take(a, i++);
    while (j < b.rows.length) take(b, j++);
    return { keys: keys.slice(0, count), rows: rows.slice(0, count), removed: undefined };
  }
}

function sorted(keys: Float64Array, rows: Uint32Array): Run {
  const order = Uint32Array.from(keys.keys()).sort((a, b) => keys[a]! - keys[b]! || rows[a]! - rows[b]!);
  return {
    keys: Float64Array.from(order, (index) => keys[index]!),
    rows: Uint32Array.from(order, (index) => rows[index]!),
    removed: undefined,
  };
}

function firstFrom(keys: Float64Array, key: number): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keys[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

function firstBeyond(keys: Float64Array, key: number): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keys[middle]! <= key) low = middle + 1;
    else high = middle;
  }
  return low;
}

const isRemoved = ({ removed }: Run, index: number): boolean =>
  removed !== undefined && hasRow(removed, index);

/** Where an entry is that was not removed; undefined where there is none. */
function indexOf(run: Run, key: number, row: number): number | undefined {
  const { keys, rows } = run;
  let low = firstFrom(keys, key);
  const end = firstBeyond(keys, key);
  let high = end;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (rows[middle]! < row) low = middle + 1;
    else high = middle;
  }
  for (; low < end && rows[low] === row; low++) if (!isRemoved(run, low)) return low;
  return undefined;
}

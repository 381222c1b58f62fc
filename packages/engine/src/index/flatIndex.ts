import { assert, type Metric } from "@akidb/base";
import { norm } from "./distance.ts";
import { FlatReadView, headerWord, headerWords, type ReadViewHandle } from "./flatReadView.ts";
import { allocateChunk, chunkOfRow, type RowChunk, rowBytes, rowsMax } from "./rowChunks.ts";

/**
 * The writer's side of a collection's vectors, in plain TypeScript. Rows are numbered densely in the order of their
 * addition and never reused. What was added and removed is seen by searches from {@link FlatIndex.publish} on, all
 * at once.
 */
export class FlatIndex {
  readonly dimension: number;
  readonly metric: Metric;
  readonly view: FlatReadView;
  readonly #header = new Int32Array(new SharedArrayBuffer(headerWords * Int32Array.BYTES_PER_ELEMENT));
  readonly #chunks: RowChunk[] = [];
  #rowCount = 0;
  #deadCount = 0;
  #removed: number[] = [];

  constructor(dimension: number, metric: Metric) {
    this.dimension = dimension;
    this.metric = metric;
    this.view = new FlatReadView(this.handle(), this.#chunks);
  }

  handle(): ReadViewHandle {
    return {
      dimension: this.dimension,
      metric: this.metric,
      header: this.#header.buffer,
      chunks: this.#chunks.map(({ memory }) => memory),
    };
  }

  /**
   * Makes room for `count` more rows, so that {@link FlatIndex.add} of as many cannot fail.
   *
   * @throws RangeError where the machine has no memory left
   */
  reserve(count: number): void {
    const rowCount = this.#rowCount + count;
    if (rowCount > rowsMax) throw new RangeError(`more than ${rowsMax} rows`);
    const chunksNeeded = rowCount === 0 ? 0 : chunkOfRow(rowCount - 1) + 1;
    while (this.#chunks.length < chunksNeeded) {
      this.#chunks.push(allocateChunk(this.#chunks.length, this.dimension));
    }
  }

  /** @returns the row of the vector added */
  add(vector: Float32Array): number {
    assert(vector.length === this.dimension, "a vector has the index's dimension");
    this.reserve(1);
    const row = this.#rowCount++;
    const chunk = this.#chunks[chunkOfRow(row)]!;
    const index = row - chunk.firstRow;
    chunk.vectors.set(vector, index * this.dimension);
    chunk.norms[index] = norm(vector);
    return row;
  }

  /** @param row added before, and not removed yet */
  remove(row: number): void {
    assert(row < this.#rowCount, "only an added row can be removed");
    this.#removed.push(row);
  }

  publish(): void {
    const header = this.#header;
    Atomics.add(header, headerWord.epoch, 1);
    for (const row of this.#removed) this.#bury(row);
    this.#deadCount += this.#removed.length;
    Atomics.store(header, headerWord.deadCount, this.#deadCount);
    Atomics.store(header, headerWord.rowCount, this.#rowCount);
    Atomics.add(header, headerWord.epoch, 1);
    this.#removed = [];
  }

  get deadShare(): number {
    return this.#rowCount === 0 ? 0 : this.#deadCount / this.#rowCount;
  }

  /** Memory that holds rows, dead ones included; reserved pages that were never written do not count. */
  get memoryBytes(): number {
    return Math.ceil(this.#rowCount * rowBytes(this.dimension)) + this.#header.byteLength;
  }

  #bury(row: number): void {
    const { firstRow, tombstones } = this.#chunks[chunkOfRow(row)]!;
    const index = row - firstRow;
    const bit = 1 << (index & 31);
    const before = Atomics.or(tombstones, index >>> 5, bit);
    assert((before & bit) === 0, "a row dies once");
  }
}

import { assert, type Metric } from "@akidb/base";
import { chunkOfRow, openChunk, type RowChunk } from "./rowChunks.ts";

/** Words of the shared header that the writer publishes through. */
export const headerWord = { epoch: 0, rowCount: 1, deadCount: 2 } as const;
export const headerWords = 4;

/**
 * All that a thread needs to search a collection's vectors: shared memories and two constants, made to be posted to
 * workers.
 */
export interface ReadViewHandle {
  readonly dimension: number;
  readonly metric: Metric;
  readonly header: SharedArrayBuffer;
  readonly chunks: readonly SharedArrayBuffer[];
}

/** The rows that one search looks at, fixed at its start while writing goes on. */
export interface RowSnapshot {
  readonly rowCount: number;
  /** Bit per row; undefined where no row is dead. */
  readonly tombstones: Uint32Array | undefined;
}

/**
 * A thread's window on the vectors. Rows and tombstones are published together under a sequence lock (Lameter 2005;
 * Boehm 2012): the epoch is odd while the writer changes them, and a reader that saw it change reads again. Readers
 * never wait for each other and write nothing.
 *
 * The writer hands out the handle of a new chunk before it publishes rows in it.
 */
export class FlatReadView {
  readonly dimension: number;
  readonly metric: Metric;
  readonly #header: Int32Array;
  readonly #chunks: readonly RowChunk[];

  /** @param chunks the writer's own list, where the view lives in the writer's thread and grows with it */
  constructor(handle: ReadViewHandle, chunks?: readonly RowChunk[]) {
    this.dimension = handle.dimension;
    this.metric = handle.metric;
    this.#header = new Int32Array(handle.header);
    this.#chunks = chunks ?? handle.chunks.map((memory, chunk) => openChunk(memory, chunk, handle.dimension));
  }

  chunkAt(index: number): RowChunk {
    const chunk = this.#chunks[index];
    assert(chunk !== undefined, "a read view has every chunk in which rows are published");
    return chunk;
  }

  /** Copies the tombstones: one bit per row, a thousandth of what the scan then reads. */
  snapshot(): RowSnapshot {
    for (;;) {
      const epoch = Atomics.load(this.#header, headerWord.epoch);
      if (epoch % 2 !== 0) continue;
      const rowCount = Atomics.load(this.#header, headerWord.rowCount);
      const hasDead = Atomics.load(this.#header, headerWord.deadCount) > 0;
      const tombstones = hasDead ? this.#copyTombstones(rowCount) : undefined;
      if (Atomics.load(this.#header, headerWord.epoch) === epoch) return { rowCount, tombstones };
    }
  }

  #copyTombstones(rowCount: number): Uint32Array {
    const words = new Uint32Array(Math.ceil(rowCount / 32));
    for (let row = 0, chunk = 0; row < rowCount; chunk++) {
      const { firstRow, rowCount: chunkRows, tombstones } = this.chunkAt(chunk);
      const wanted = Math.min(chunkRows, rowCount - firstRow);
      words.set(tombstones.subarray(0, Math.ceil(wanted / 32)), firstRow / 32);
      row = firstRow + chunkRows;
    }
    return words;
  }

  /** A copy of one row's vector, in `target`. */
  vectorOf(row: number, target: Float32Array = new Float32Array(this.dimension)): Float32Array {
    const { firstRow, vectors } = this.chunkAt(chunkOfRow(row));
    const offset = (row - firstRow) * this.dimension;
    target.set(vectors.subarray(offset, offset + this.dimension));
    return target;
  }
}

import { assert } from "@akidb/base";

/**
 * Rows of a collection in shared memory that grows without moving: chunk `k` holds `2^k` times the rows of chunk 0,
 * so any thread that has the chunks finds a row by arithmetic alone, and a growing collection copies nothing.
 * Pages that were never written take no memory.
 *
 * One chunk is: squared norms (f64 × rows), vectors (f32 × rows × dimension), tombstones (1 bit × rows).
 */
export interface RowChunk {
  readonly memory: SharedArrayBuffer;
  readonly firstRow: number;
  readonly rowCount: number;
  /** Euclidean norms, so that cosine needs no second pass over the vector. */
  readonly norms: Float64Array;
  /** `rowCount × dimension`, row-major. */
  readonly vectors: Float32Array;
  /** Bit `row − firstRow` is set once the row is dead. */
  readonly tombstones: Uint32Array;
}

/** Rows of chunk 0; a multiple of 32, so that tombstones of a chunk fill whole words. */
const firstChunkRows = 64;
const firstChunkBits = Math.log2(firstChunkRows);

/** The most rows: beyond it `row >>> firstChunkBits` and the chunk's number no longer fit 32 bits. */
export const rowsMax = 2 ** 31 - firstChunkRows;

export const chunkOfRow = (row: number): number => 31 - Math.clz32((row >>> firstChunkBits) + 1);

export const firstRowOfChunk = (chunk: number): number => firstChunkRows * (2 ** chunk - 1);

export const rowsOfChunk = (chunk: number): number => firstChunkRows * 2 ** chunk;

export const rowBytes = (dimension: number): number =>
  Float64Array.BYTES_PER_ELEMENT + dimension * Float32Array.BYTES_PER_ELEMENT + 1 / 8;

export function allocateChunk(chunk: number, dimension: number): RowChunk {
  const rowCount = rowsOfChunk(chunk);
  return openChunk(new SharedArrayBuffer(rowCount * rowBytes(dimension)), chunk, dimension);
}

/** The views of one thread over a chunk's memory. */
export function openChunk(memory: SharedArrayBuffer, chunk: number, dimension: number): RowChunk {
  const rowCount = rowsOfChunk(chunk);
  assert(memory.byteLength === rowCount * rowBytes(dimension), "a chunk's memory has the size of its rows");
  const vectorsOffset = rowCount * Float64Array.BYTES_PER_ELEMENT;
  const tombstonesOffset = vectorsOffset + rowCount * dimension * Float32Array.BYTES_PER_ELEMENT;
  return {
    memory,
    firstRow: firstRowOfChunk(chunk),
    rowCount,
    norms: new Float64Array(memory, 0, rowCount),
    vectors: new Float32Array(memory, vectorsOffset, rowCount * dimension),
    tombstones: new Uint32Array(memory, tombstonesOffset, rowCount / 32),
  };
}

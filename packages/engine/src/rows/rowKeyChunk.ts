import { assert } from "@akidb/base";
import { firstRowOfChunk, rowsOfChunk } from "../index/rowChunks.ts";

/** What rows say of their documents, in shared memory that grows without moving, as the chunks of vectors do. */
export interface RowKeyChunk {
  readonly memory: SharedArrayBuffer;
  readonly firstRow: number;
  /** 16 bytes for each row, as `idToBytes` has them. */
  readonly ids: Uint32Array;
  /** Of the external id; 0 where there is none. */
  readonly externalHashes: Uint32Array;
}

export const wordsPerId = 4;
export const idBytes = wordsPerId * Uint32Array.BYTES_PER_ELEMENT;
export const rowKeyBytes = idBytes + Uint32Array.BYTES_PER_ELEMENT;

export const allocateRowKeyChunk = (chunk: number): RowKeyChunk =>
  openRowKeyChunk(new SharedArrayBuffer(rowsOfChunk(chunk) * rowKeyBytes), chunk);

/** The views of one thread over a chunk's memory. */
export function openRowKeyChunk(memory: SharedArrayBuffer, chunk: number): RowKeyChunk {
  const rowCount = rowsOfChunk(chunk);
  assert(memory.byteLength === rowCount * rowKeyBytes, "a chunk's memory has the size of its rows");
  return {
    memory,
    firstRow: firstRowOfChunk(chunk),
    ids: new Uint32Array(memory, 0, rowCount * wordsPerId),
    externalHashes: new Uint32Array(memory, rowCount * idBytes, rowCount),
  };
}

import { type DocumentId, idFromBytes } from "@akidb/base";
import { chunkOfRow } from "../index/rowChunks.ts";
import { idBytes, openRowKeyChunk, type RowKeyChunk } from "./rowKeyChunk.ts";

/** Whose documents the rows of another thread's `RowTable` are. */
export class SharedRowIds {
  readonly #chunks: readonly RowKeyChunk[];

  /** @param memories that the table shares */
  constructor(memories: readonly SharedArrayBuffer[]) {
    this.#chunks = memories.map(openRowKeyChunk);
  }

  /** @param row that is published */
  idOf(row: number): DocumentId {
    const { ids, firstRow } = this.#chunks[chunkOfRow(row)]!;
    return idFromBytes(new Uint8Array(ids.buffer, (row - firstRow) * idBytes, idBytes));
  }
}

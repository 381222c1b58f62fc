import { idToBytes } from "@akidb/base";
import { type Compression, type DocumentColumns, DocumentFileWriter } from "@akidb/parquet";
import type { FileContents } from "../checkpoint/fileContents.ts";
import { replaceFile } from "../checkpoint/replaceFile.ts";
import type { ResolvedDocument } from "../collection/mutation.ts";
import type { Disk } from "../disk/disk.ts";

export const snapshotDocumentsFile = "documents.parquet";

/** Documents gathered between two turns of the event loop: about a millisecond. */
const rowsPerSlice = 128;

export interface DocumentsWrite {
  readonly disk: Disk;
  /** In a directory that exists. */
  readonly path: string;
  readonly dimension: number;
  readonly compression: Compression;
  /** Rows whose documents are wanted, in the order of the file. */
  readonly rows: Uint32Array;
  readonly documentsAt: (rows: Uint32Array) => readonly ResolvedDocument[];
  readonly readVector: (row: number, target: Float32Array) => void;
  /** Kept in the file beside its format. */
  readonly keyValues: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly onProgress: (writtenCount: number) => void;
}

/**
 * Writes documents as Parquet, in memory of one row group, in the calling thread, which it shares in slices; durable when
 * it resolves.
 */
export async function writeDocumentsFile(write: DocumentsWrite): Promise<FileContents> {
  const { disk, path, dimension, compression, rows, keyValues, signal, onProgress } = write;
  let contents: FileContents = { bytes: 0, checksum: 0 };
  await replaceFile(disk, path, async (file) => {
    let position = 0;
    const sink = {
      append: async (bytes: Uint8Array): Promise<void> => {
        await file.write([bytes], position);
        position += bytes.length;
      },
    };
    const writer = new DocumentFileWriter({ sink, dimension, compression, keyValues });
    const vectors = new Float32Array(rowsPerSlice * dimension);
    for (let from = 0; from < rows.length; from += rowsPerSlice) {
      signal.throwIfAborted();
      await writer.append(columnsOf(rows.subarray(from, from + rowsPerSlice), write, vectors));
      onProgress(Math.min(rows.length, from + rowsPerSlice));
      await new Promise((resolve) => setImmediate(resolve));
    }
    const { byteLength, crc32c } = await writer.finish();
    contents = { bytes: byteLength, checksum: crc32c };
  });
  return contents;
}

/** @param vectors memory for those of the rows, used again by the next */
function columnsOf(
  rows: Uint32Array,
  { dimension, documentsAt, readVector }: Pick<DocumentsWrite, "dimension" | "documentsAt" | "readVector">,
  vectors: Float32Array,
): DocumentColumns {
  const documents = documentsAt(rows);
  const ids = new Uint8Array(rows.length * 16);
  for (let index = 0; index < rows.length; index++) {
    ids.set(idToBytes(documents[index]!.id), index * 16);
    readVector(rows[index]!, vectors.subarray(index * dimension, (index + 1) * dimension));
  }
  return {
    rowCount: rows.length,
    ids,
    vectors: vectors.subarray(0, rows.length * dimension),
    externalIds: documents.map(({ externalId }) => externalId ?? null),
    texts: documents.map(({ text }) => text ?? null),
    metadata: documents.map(({ metadata }) => metadata ?? null),
    insertedAtMs: Float64Array.from(documents, ({ insertedAtMs }) => insertedAtMs),
    updatedAtMs: Float64Array.from(documents, ({ updatedAtMs }) => updatedAtMs),
    versions: Float64Array.from(documents, ({ version }) => version),
    expiresAtMs: Float64Array.from(documents, ({ expiresAtMs }) => expiresAtMs ?? Number.NaN),
  };
}

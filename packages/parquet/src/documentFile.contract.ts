import { SeededRandom } from "@akidb/base";
import type { ByteSource } from "./byteSource.ts";
import type { DocumentColumns, FoundColumns } from "./documentColumns.ts";
import { openDocumentFile } from "./read/openDocumentFile.ts";
import {
  DocumentFileWriter,
  type DocumentFileWriterOptions,
  type WrittenFile,
} from "./write/documentFileWriter.ts";

/** One document, for comparing; what a file lacks is undefined. */
export interface Row {
  readonly id?: string;
  readonly externalId?: string | null;
  readonly vector: readonly number[];
  readonly text?: string | null;
  readonly metadata?: string | null;
  readonly insertedAtMs?: number;
  readonly updatedAtMs?: number;
  readonly version?: number;
  readonly expiresAtMs?: number | null;
}

export function columnsOf(rows: readonly Required<Row>[]): DocumentColumns {
  return {
    rowCount: rows.length,
    ids: Uint8Array.from(rows.flatMap(({ id }) => [...Buffer.from(id, "hex")])),
    externalIds: rows.map(({ externalId }) => externalId),
    vectors: Float32Array.from(rows.flatMap(({ vector }) => vector)),
    texts: rows.map(({ text }) => text),
    metadata: rows.map(({ metadata }) => metadata),
    insertedAtMs: Float64Array.from(rows, ({ insertedAtMs }) => insertedAtMs),
    updatedAtMs: Float64Array.from(rows, ({ updatedAtMs }) => updatedAtMs),
    versions: Float64Array.from(rows, ({ version }) => version),
    expiresAtMs: Float64Array.from(rows, ({ expiresAtMs }) => expiresAtMs ?? Number.NaN),
  };
}

export function rowsOf(columns: FoundColumns): Row[] {
  const dimension = columns.vectors.length / columns.rowCount;
  return Array.from({ length: columns.rowCount }, (_, row) => ({
    ...(columns.ids && { id: Buffer.from(columns.ids.subarray(row * 16, row * 16 + 16)).toString("hex") }),
    ...(columns.externalIds && { externalId: columns.externalIds[row]! }),
    vector: [...columns.vectors.subarray(row * dimension, (row + 1) * dimension)],
    ...(columns.texts && { text: columns.texts[row]! }),
    ...(columns.metadata && { metadata: columns.metadata[row]! }),
    ...(columns.insertedAtMs && { insertedAtMs: columns.insertedAtMs[row]! }),
    ...(columns.updatedAtMs && { updatedAtMs: columns.updatedAtMs[row]! }),
    ...(columns.versions && { version: columns.versions[row]! }),
    ...(columns.expiresAtMs && { expiresAtMs: timeOrNull(columns.expiresAtMs[row]!) }),
  }));
}

const timeOrNull = (timeMs: number): number | null => (Number.isNaN(timeMs) ? null : timeMs);

/** Rows with every kind of value, the same for the same seed. */
export function sampleRows(seed: number, count: number, dimension: number): Required<Row>[] {
  const random = new SeededRandom(seed);
  return Array.from({ length: count }, (_, row) => ({
    id: Buffer.from(random.fill(new Uint8Array(16))).toString("hex"),
    externalId: row % 3 === 0 ? null : `doc-${row}`,
    vector: Array.from({ length: dimension }, () => Math.fround(random.nextGaussian())),
    text: row % 4 === 0 ? null : "täxt \u{1f600} ".repeat(random.nextInt(9)),
    metadata: row % 5 === 0 ? null : JSON.stringify({ n: row, tags: ["a", "b"].slice(row % 3) }),
    insertedAtMs: 1_700_000_000_000 + random.nextInt(1_000_000_000),
    updatedAtMs: 1_800_000_000_000 + row,
    version: 1 + random.nextInt(5),
    expiresAtMs: row % 6 === 0 ? 1_900_000_000_000 + row : null,
  }));
}

export interface FileInMemory extends WrittenFile {
  readonly bytes: Uint8Array;
}

export async function writeFile(
  options: Omit<DocumentFileWriterOptions, "sink">,
  batches: readonly DocumentColumns[],
): Promise<FileInMemory> {
  const parts: Uint8Array[] = [];
  // A sink may not keep what it is given.
  const sink = { append: (bytes: Uint8Array) => void parts.push(bytes.slice()) };
  const writer = new DocumentFileWriter({ ...options, sink });
  for (const batch of batches) await writer.append(batch);
  const written = await writer.finish();
  return { ...written, bytes: Buffer.concat(parts) };
}

export const sourceOf = (bytes: Uint8Array): ByteSource => ({
  byteLength: bytes.length,
  read: async (offset, length) => bytes.slice(offset, offset + length),
});

export async function readRows(bytes: Uint8Array, rowsMax = 1_000): Promise<Row[]> {
  const file = await openDocumentFile({ source: sourceOf(bytes), name: "sample.parquet" });
  const rows: Row[] = [];
  for await (const batch of file.batches({ rowsMax })) rows.push(...rowsOf(batch));
  return rows;
}

import { openTableFile } from "@akidb/parquet";
import type { Cli } from "../cli.ts";
import { csvRows } from "./csvRows.ts";
import { checkColumns, columnsToRead, type FieldMapping } from "./fieldMapping.ts";
import type { FileFormat } from "./fileFormat.ts";
import { jsonLinesRows } from "./jsonLinesRows.ts";
import { jsonRows } from "./jsonRows.ts";
import { parquetRows } from "./parquetRows.ts";
import type { Row } from "./row.ts";

export interface RowsRequest {
  readonly path: string;
  readonly format: FileFormat;
  readonly delimiter: string;
  readonly mapping: FieldMapping;
  readonly onBytesRead: (bytes: number) => void;
}

export interface OpenRows {
  /** Undefined where it cannot be known, as of a pipe. */
  readonly sizeBytes: number | undefined;
  /** May be iterated once. */
  readonly rows: AsyncIterable<Row>;
  close(): Promise<void>;
}

/** The rows of a file in any format. Rejects with AkiDbError where it cannot be read as a whole. */
export async function openRows(cli: Cli, request: RowsRequest): Promise<OpenRows> {
  if (request.format === "parquet") return await openParquet(cli, request);
  const { sizeBytes, chunks } = await cli.files.openInput(request.path);
  let bytesRead = 0;
  async function* countedChunks(): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      bytesRead += chunk.length;
      request.onBytesRead(bytesRead);
      yield chunk;
    }
  }
  return { sizeBytes, rows: textRows(request, request.format, countedChunks()), close: async () => {} };
}

function textRows(
  { delimiter, mapping }: RowsRequest,
  format: Exclude<FileFormat, "parquet">,
  chunks: AsyncIterable<Uint8Array>,
): AsyncIterable<Row> {
  switch (format) {
    case "csv":
      return csvRows(chunks, { delimiter, takesExports: Object.keys(mapping).length === 0 });
    case "json":
      return jsonRows(chunks);
    case "jsonl":
      return jsonLinesRows(chunks);
  }
}

async function openParquet(
  { files, terminal }: Cli,
  { path, mapping, onBytesRead }: RowsRequest,
): Promise<OpenRows> {
  const source = await files.openRandomAccess(path);
  try {
    const file = await openTableFile({ source, name: path });
    if (file.unreadableColumns.length > 0) {
      terminal.note(`${path}: without ${file.unreadableColumns.join(", ")}, of types that are not read\n`);
    }
    // Columns are read side by side: the share of the rows is that of the bytes, nearly.
    const onRow = (row: number): void => onBytesRead(Math.round((source.byteLength * row) / file.rowCount));
    async function* rows(): AsyncGenerator<Row> {
      checkColumns(file.columns, mapping);
      yield* parquetRows(file, { columns: columnsToRead(file.columns, mapping), onRow });
    }
    return { sizeBytes: source.byteLength, rows: rows(), close: source.close };
  } catch (error) {
    await source.close();
    throw error;
  }
}

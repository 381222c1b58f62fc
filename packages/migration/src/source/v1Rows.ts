import { invalidArgument, isPlainObject, type JsonValue, limits, splitLines } from "@akidb/base";
import { openTableFile, ParquetFileError } from "@akidb/parquet";
import type { SourceFiles } from "../adapters/sourceFiles.ts";
import { placeOf } from "./problems.ts";
import type { V1DocumentFile } from "./v1Directory.ts";

export type FieldValue = JsonValue | Float32Array | Float64Array;

/** One row of a file of documents, or why it cannot be read as one. */
export type V1Row =
  | { readonly ok: true; readonly place: string; readonly fields: Readonly<Record<string, FieldValue>> }
  | { readonly ok: false; readonly place: string; readonly detail: string };

export interface V1RowsOptions {
  readonly files: SourceFiles;
  readonly file: V1DocumentFile;
  /** Told how much of the file is read. */
  readonly onBytesRead: (bytes: number) => void;
}

/**
 * The rows of a file, streamed. Rejects with `invalid_argument`, which names the file, where it cannot be read any further.
 */
export const v1Rows = (options: V1RowsOptions): AsyncGenerator<V1Row> =>
  options.file.format === "jsonl" ? jsonLinesRows(options) : parquetRows(options);

const utf8 = new TextDecoder("utf-8", { fatal: true });

async function* jsonLinesRows({ files, file, onBytesRead }: V1RowsOptions): AsyncGenerator<V1Row> {
  let bytesRead = 0;
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of files.chunks(file.path)) {
      bytesRead += chunk.length;
      onBytesRead(bytesRead);
      yield chunk;
    }
  }
  for await (const line of splitLines(counted(), limits.lineBytesMax)) {
    const place = placeOf(file.path, `line ${line.number}`);
    if (line.kind === "too long") {
      yield { ok: false, place, detail: `is longer than ${limits.lineBytesMax} bytes` };
    } else {
      const row = jsonLineRow(place, line.bytes);
      if (row !== undefined) yield row;
    }
  }
}

/** @returns undefined for a blank line */
function jsonLineRow(place: string, bytes: Uint8Array): V1Row | undefined {
  let value: unknown;
  try {
    const text = utf8.decode(bytes);
    if (text.trim() === "") return undefined;
    value = JSON.parse(text);
  } catch (error) {
    const detail = error instanceof SyntaxError ? `is not JSON: ${error.message}` : "is not valid UTF-8";
    return { ok: false, place, detail };
  }
  if (!isPlainObject(value)) return { ok: false, place, detail: "is not a JSON object" };
  return { ok: true, place, fields: value as Record<string, JsonValue> };
}

async function* parquetRows({ files, file, onBytesRead }: V1RowsOptions): AsyncGenerator<V1Row> {
  const source = await files.openRandomAccess(file.path);
  try {
    const table = await openTableFile({ source, name: file.path });
    const [unreadable] = table.unreadableColumns;
    if (unreadable !== undefined) {
      throw invalidArgument(placeOf(file.path, unreadable), "is a column of a type that is not read");
    }
    let number = 0;
    for await (const rows of table.rows()) {
      for (const row of rows) {
        number += 1;
        const place = placeOf(file.path, `row ${number}`);
        yield row.ok ? { ok: true, place, fields: row.fields } : { ok: false, place, detail: row.error };
      }
      // Columns are read side by side: the share of the rows is that of the bytes, nearly.
      onBytesRead(Math.round((file.bytes * number) / Math.max(1, table.rowCount)));
    }
  } catch (error) {
    if (!(error instanceof ParquetFileError)) throw error;
    const [{ detail } = { detail: error.message }] = error.violations;
    throw invalidArgument(placeOf(file.path, error.column ?? ""), detail);
  } finally {
    await source.close();
  }
}

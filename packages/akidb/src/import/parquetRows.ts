import type { TableFile } from "@akidb/parquet";
import { fieldsToJson, type Row } from "./row.ts";

export interface ParquetRowsOptions {
  /** Those that are read; the others stay on the disk. */
  readonly columns: readonly string[];
  readonly onRow: (line: number) => void;
}

export async function* parquetRows(
  file: TableFile,
  { columns, onRow }: ParquetRowsOptions,
): AsyncGenerator<Row> {
  let line = 0;
  for await (const rows of file.rows(columns)) {
    for (const row of rows) {
      line += 1;
      const { fields } = row;
      yield row.ok
        ? { ok: true, line, fields }
        : { ok: false, line, error: row.error, row: fieldsToJson(fields) };
    }
    onRow(line);
  }
}

import type { ByteSource } from "../byteSource.ts";
import { readFooter } from "./footer.ts";
import { type FileGroup, inspectFile } from "./inspectFile.ts";
import { inFile, invalid, ParquetFault } from "./parquetFileError.ts";
import { readTableColumn, type TableColumn, type TableValue, tableColumn } from "./tableColumn.ts";

export interface TableFileOptions {
  readonly source: ByteSource;
  /** What errors call the file. */
  readonly name: string;
}

export interface TableFile {
  readonly rowCount: number;
  /** Those that can be read, in the order of the file. */
  readonly columns: readonly string[];
  /** Those of types that JSON has nothing for, such as bytes. */
  readonly unreadableColumns: readonly string[];
  /**
   * The rows in their order, some at a time; may be called again. Holds a page of each column, and of nested ones a row
   * group. Rejects with a {@link ParquetFileError} where the file is damaged.
   *
   * @param columns all that can be read, if absent
   */
  rows(columns?: readonly string[]): AsyncGenerator<readonly TableRow[]>;
}

/** Values that are null are not there. */
export type TableFields = Readonly<Record<string, TableValue>>;

export type TableRow =
  | { readonly ok: true; readonly fields: TableFields }
  /** `column note: is not UTF-8`, and the values that can be read. */
  | { readonly ok: false; readonly error: string; readonly fields: TableFields };

/** Taken from every column in turn. */
const stepRows = 128;

/**
 * Opens any Parquet file as a table of values: lists of float or double stay floats, everything else becomes JSON.
 *
 * Rejects with a {@link ParquetFileError} if the file is damaged; errors of the source are passed on.
 */
export async function openTableFile({ source, name: file }: TableFileOptions): Promise<TableFile> {
  try {
    const { metadata, dataEnd } = await readFooter(source);
    const { root, groups } = inspectFile(metadata);
    const names = root.children.map(({ element }) => element.name);
    const repeated = names.find((name, index) => names.indexOf(name) !== index);
    if (repeated !== undefined) throw invalid(`has two columns called ${JSON.stringify(repeated)}`);
    const readable = root.children
      .map((node) => tableColumn(root, node))
      .filter((column) => column !== undefined);
    const columns = readable.map(({ name }) => name);
    return {
      rowCount: Number(metadata.num_rows),
      columns,
      unreadableColumns: names.filter((name) => !columns.includes(name)),
      rows: (wanted = columns) =>
        readRows(groups, {
          source,
          file,
          dataEnd,
          columns: readable.filter(({ name }) => wanted.includes(name)),
        }),
    };
  } catch (error) {
    throw inFile({ file }, error);
  }
}

interface TablePlace {
  readonly source: ByteSource;
  readonly file: string;
  readonly dataEnd: number;
  readonly columns: readonly TableColumn[];
}

async function* readRows(
  groups: readonly FileGroup[],
  { source, file, dataEnd, columns }: TablePlace,
): AsyncGenerator<readonly TableRow[]> {
  const within = async <Result>(column: string, work: () => Result | Promise<Result>): Promise<Result> => {
    try {
      return await work();
    } catch (error) {
      throw inFile({ file, column }, error);
    }
  };
  if (columns.length === 0) throw inFile({ file }, invalid("has no column that is wanted and can be read"));
  for (const { group, rowCount } of groups) {
    const place = { source, group, dataEnd, rowCount };
    const readers = [];
    try {
      for (const column of columns) {
        const { name } = column;
        readers.push({ name, reader: await within(name, () => readTableColumn(column, place)) });
      }
      for (let row = 0; row < rowCount; row += stepRows) {
        const step = new RowStep(Math.min(stepRows, rowCount - row));
        for (const { name, reader } of readers) {
          await within(name, () => reader.take(step.rowCount, step.putter(name)));
        }
        yield step.rows();
      }
      for (const { name, reader } of readers) await within(name, () => reader.end());
    } finally {
      for (const { reader } of readers) await reader.close();
    }
  }
}

/** Rows that grow column by column. */
class RowStep {
  readonly rowCount: number;
  readonly #entries: [string, TableValue][][];
  readonly #errors = new Map<number, string>();

  constructor(rowCount: number) {
    this.rowCount = rowCount;
    this.#entries = Array.from({ length: rowCount }, () => []);
  }

  putter(name: string): (value: TableValue | undefined | ParquetFault) => void {
    let row = 0;
    return (value) => {
      if (value instanceof ParquetFault) this.#errors.set(row, `column ${name}: ${value.message}`);
      else if (value !== undefined) this.#entries[row]!.push([name, value]);
      row += 1;
    };
  }

  rows(): readonly TableRow[] {
    return this.#entries.map((entries, row) => {
      // From entries and not by assignment: a column may be called __proto__.
      const fields = Object.fromEntries(entries);
      const error = this.#errors.get(row);
      return error === undefined ? { ok: true, fields } : { ok: false, error, fields };
    });
  }
}

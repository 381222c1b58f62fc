import type { ByteSource } from "../byteSource.ts";
import type { FoundColumns } from "../documentColumns.ts";
import { type ColumnName, columnNames } from "../format/documentSchema.ts";
import { type ColumnPlace, planColumn, unknownColumns } from "./columnPlan.ts";
import { readFooter } from "./footer.ts";
import { type FileGroup, inspectFile } from "./inspectFile.ts";
import { inFile, invalid } from "./parquetFileError.ts";
import { type BatchLimits, RowGroupReader } from "./rowGroupReader.ts";

export interface DocumentFileOptions {
  readonly source: ByteSource;
  /** What errors call the file. */
  readonly name: string;
  /** Files with vectors of another dimension are refused; that of the first row if absent. */
  readonly dimension?: number;
}

export interface DocumentFile {
  readonly rowCount: number;
  /** Undefined if there are no rows. */
  readonly dimension: number | undefined;
  readonly keyValues: ReadonlyMap<string, string>;
  readonly columns: readonly ColumnName[];
  /** Columns of the file that a document has no place for; they are not read. */
  readonly ignoredColumns: readonly string[];
  /**
   * The documents in their order, a batch at a time; may be called again. Holds a batch and, of each column, a page.
   * Rejects with a {@link ParquetFileError} at the first row that cannot be a document.
   */
  batches(limits?: Partial<BatchLimits>): AsyncGenerator<FoundColumns>;
}

const defaultLimits: BatchLimits = { rowsMax: 8_192, bytesMax: 16 * 1024 * 1024, withoutVectors: false };

/**
 * Opens a Parquet file of documents: one of this package, or any other with a column `vector` (a list of float or
 * double) and, in any order, whichever of the others it has.
 *
 * Rejects with a {@link ParquetFileError} if the file is damaged or cannot hold documents; errors of the source are passed on.
 */
export async function openDocumentFile(options: DocumentFileOptions): Promise<DocumentFile> {
  const { source, name: file } = options;
  const within = async <Result>(
    work: () => Result | Promise<Result>,
    column?: ColumnName,
  ): Promise<Result> => {
    try {
      return await work();
    } catch (error) {
      throw inFile(column === undefined ? { file } : { file, column }, error);
    }
  };
  const { metadata, dataEnd } = await within(() => readFooter(source));
  const { root, groups, keyValues } = await within(() => inspectFile(metadata));
  const plan = new Map<ColumnName, ColumnPlace>();
  for (const name of columnNames) {
    const place = await within(() => planColumn(root, name), name);
    if (place !== undefined) plan.set(name, place);
  }
  const open = (group: FileGroup, dimension: number | undefined) =>
    new RowGroupReader({ source, file, plan, dataEnd, dimension, ...group });
  const [first] = groups;
  const dimension = first === undefined ? undefined : await dimensionOf(open(first, undefined));
  if (dimension !== undefined && options.dimension !== undefined && dimension !== options.dimension) {
    const fault = invalid(`has ${dimension} components where ${options.dimension} are expected`);
    throw inFile({ file, column: "vector" }, fault);
  }
  return {
    rowCount: Number(metadata.num_rows),
    dimension,
    keyValues,
    columns: [...plan.keys()],
    ignoredColumns: unknownColumns(root),
    batches: (limits) =>
      readBatches(groups, (group) => open(group, dimension), { ...defaultLimits, ...limits }),
  };
}

async function dimensionOf(reader: RowGroupReader): Promise<number> {
  try {
    return await reader.dimension();
  } finally {
    await reader.close();
  }
}

async function* readBatches(
  groups: readonly FileGroup[],
  open: (group: FileGroup) => RowGroupReader,
  limits: BatchLimits,
): AsyncGenerator<FoundColumns> {
  for (const group of groups) {
    const reader = open(group);
    try {
      for (let batch = await reader.next(limits); batch !== undefined; batch = await reader.next(limits)) {
        yield batch;
      }
      await reader.end(limits);
    } finally {
      await reader.close();
    }
  }
}

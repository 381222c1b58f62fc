import type { RowGroup } from "hyparquet";
import type { ByteSource } from "../byteSource.ts";
import type { FoundColumns } from "../documentColumns.ts";
import type { ColumnName } from "../format/documentSchema.ts";
import { Batch } from "./batch.ts";
import { columnChunk } from "./columnChunk.ts";
import type { ColumnPlan } from "./columnPlan.ts";
import { FlatColumn } from "./flatColumn.ts";
import { leavesBelow } from "./leaf.ts";
import { readNestedJson } from "./nestedJson.ts";
import { inFile, ParquetFault } from "./parquetFileError.ts";
import { VectorColumn } from "./vectorColumn.ts";

export interface RowGroupReaderOptions {
  readonly source: ByteSource;
  /** What to call it. */
  readonly file: string;
  readonly plan: ColumnPlan;
  readonly group: RowGroup;
  readonly rowCount: number;
  /** Of the group in the file. */
  readonly firstRow: number;
  readonly dataEnd: number;
  readonly dimension: number | undefined;
}

export interface BatchLimits {
  readonly rowsMax: number;
  readonly bytesMax: number;
  /** Nothing of the vectors is read, and `vectors` is empty: they are most of a file. */
  readonly withoutVectors: boolean;
}

/** Rows taken from every column in turn; between such steps the size of a batch is looked at. */
const stepRows = 128;

/** Reads one row group, all columns side by side, a page of each at a time. */
export class RowGroupReader {
  readonly #options: RowGroupReaderOptions;
  readonly #flat = new Map<ColumnName, FlatColumn>();
  readonly #vectors: VectorColumn;
  #nestedMetadata: readonly (string | null)[] | undefined;
  #row = 0;

  constructor(options: RowGroupReaderOptions) {
    this.#options = options;
    const { rowCount, firstRow, dimension } = options;
    for (const [name, place] of options.plan) {
      if (place.kind !== "flat") continue;
      this.#within(name, () =>
        this.#flat.set(name, new FlatColumn({ ...columnChunk(this.#options, place.leaf), rowCount })),
      );
    }
    const vector = options.plan.get("vector")!;
    if (vector.kind !== "vector") throw new Error("a plan has a vector");
    this.#vectors = this.#within(
      "vector",
      () => new VectorColumn({ ...columnChunk(this.#options, vector.leaf), rowCount, firstRow, dimension }),
    );
  }

  dimension(): Promise<number> {
    return this.#withinAsync("vector", () => this.#vectors.dimension());
  }

  /** At least one row and at most what the limits say; undefined after the last one. */
  async next({ rowsMax, bytesMax, withoutVectors }: BatchLimits): Promise<FoundColumns | undefined> {
    const rowsLeft = this.#options.rowCount - this.#row;
    if (rowsLeft === 0) return undefined;
    const dimension = withoutVectors ? 0 : await this.dimension();
    const capacity = Math.max(1, Math.min(rowsMax, rowsLeft, Math.floor(bytesMax / (4 * dimension))));
    const batch = new Batch(this.#options.plan, capacity, dimension);
    while (batch.rowCount < capacity && batch.stringBytes < bytesMax) {
      await this.#step(batch, Math.min(stepRows, capacity - batch.rowCount));
    }
    return batch.columns();
  }

  /** After the last row: checks that no column that was read has more. */
  async end({ withoutVectors }: BatchLimits): Promise<void> {
    if (!withoutVectors) await this.#withinAsync("vector", () => this.#vectors.end());
    for (const [name, column] of this.#flat) await this.#withinAsync(name, () => column.end());
  }

  async close(): Promise<void> {
    await this.#vectors.close();
    for (const column of this.#flat.values()) await column.close();
  }

  async #step(batch: Batch, count: number): Promise<void> {
    const vectors = batch.vectorsOf(count);
    if (vectors.length > 0) await this.#withinAsync("vector", () => this.#vectors.take(vectors));
    for (const [name, column] of this.#flat) {
      const place = this.#options.plan.get(name)!;
      if (place.kind !== "flat") continue;
      const put = batch.putter(name, place.leaf);
      let row = this.#options.firstRow + this.#row;
      await this.#withinAsync(name, () =>
        column.take(count, (value) => {
          try {
            put(value);
          } catch (error) {
            if (error instanceof ParquetFault)
              throw new ParquetFault(error.problem, `row ${row}: ${error.message}`);
            throw error;
          }
          row += 1;
        }),
      );
    }
    await this.#stepNested(batch, count);
    batch.advance(count);
    this.#row += count;
  }

  async #stepNested(batch: Batch, count: number): Promise<void> {
    const { plan, rowCount } = this.#options;
    const place = plan.get("metadata");
    if (place?.kind !== "nested") return;
    this.#nestedMetadata ??= await this.#withinAsync("metadata", () => {
      const leaves = leavesBelow(place.nodes).map((leaf) => columnChunk(this.#options, leaf));
      return readNestedJson({ node: place.nodes[1]!, leaves, rowCount });
    });
    batch.putMetadata(this.#nestedMetadata.slice(this.#row, this.#row + count));
  }

  #within<Result>(column: ColumnName, work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      throw inFile({ file: this.#options.file, column }, error);
    }
  }

  async #withinAsync<Result>(column: ColumnName, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      throw inFile({ file: this.#options.file, column }, error);
    }
  }
}

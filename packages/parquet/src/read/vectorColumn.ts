import { findNonFinite } from "../format/findNonFinite.ts";
import { type ColumnChunkPlace, type DecodedPage, readColumnPages } from "./columnPages.ts";
import { isDimension } from "./columnPlan.ts";
import { damaged, invalid } from "./parquetFileError.ts";

interface VectorColumnOptions extends ColumnChunkPlace {
  readonly rowCount: number;
  /** Of the row group in the file, for messages. */
  readonly firstRow: number;
  /** That of the first row if undefined. */
  readonly dimension: number | undefined;
}

/**
 * The vectors of one row group. A page is checked when it is decoded: every row has a list, every list `dimension`
 * finite components. What is left then is one stream of components, also where a row goes on in the next page.
 */
export class VectorColumn {
  readonly #pages: AsyncGenerator<DecodedPage>;
  readonly #options: VectorColumnOptions;
  #dimension: number | undefined;
  /** Components decoded and not yet taken. */
  #components: Float32Array = new Float32Array(0);
  /** Rows begun in pages so far, and components of the last of them. */
  #rowsBegun = 0;
  #lastRowLength = 0;

  constructor(options: VectorColumnOptions) {
    this.#options = options;
    this.#dimension = options.dimension;
    this.#pages = readColumnPages(options);
  }

  /** Needs a row. */
  async dimension(): Promise<number> {
    if (this.#dimension === undefined) await this.#nextPage();
    return this.#dimension!;
  }

  /** Fills `target` with the vectors of the next rows. */
  async take(target: Float32Array): Promise<void> {
    let filled = 0;
    while (filled < target.length) {
      if (this.#components.length === 0) await this.#nextPage();
      const count = Math.min(this.#components.length, target.length - filled);
      target.set(this.#components.subarray(0, count), filled);
      this.#components = this.#components.subarray(count);
      filled += count;
    }
  }

  /** Checks that the file has no more than what was taken. */
  async end(): Promise<void> {
    while (this.#components.length === 0) {
      const { done, value } = await this.#pages.next();
      if (done) return;
      this.#accept(value);
    }
    throw damaged(`has more rows than its row group, which has ${this.#options.rowCount}`);
  }

  async close(): Promise<void> {
    await this.#pages.return(undefined);
  }

  async #nextPage(): Promise<void> {
    const { done, value } = await this.#pages.next();
    if (!done) return this.#accept(value);
    if (this.#rowsBegun === this.#options.rowCount) throw this.#wrongLength();
    throw damaged(`has ${this.#rowsBegun} rows in a row group of ${this.#options.rowCount}`);
  }

  #accept(page: DecodedPage): void {
    if (page.entryCount === 0) return;
    this.#checkPresence(page);
    this.#dimension ??= this.#firstRowLength(page);
    const firstRow = this.#rowsBegun;
    const carried = this.#lastRowLength;
    this.#checkLengths(page, this.#dimension);
    const { values } = page;
    if (!(values instanceof Float32Array || values instanceof Float64Array)) throw damaged("has no numbers");
    const floats = values instanceof Float32Array ? values : new Float32Array(values);
    const at = findNonFinite(floats);
    if (at >= 0) {
      // The page's first components may belong to a row that began before.
      const before = firstRow === 0 ? 0 : (firstRow - 1) * this.#dimension + carried;
      const row = Math.floor((before + at) / this.#dimension);
      throw invalid(
        `row ${this.#options.firstRow + row}: component ${(before + at) % this.#dimension} is ${values[at]}, which is not finite as float`,
      );
    }
    this.#components = floats;
  }

  #checkPresence({ definitionLevels, repetitionLevels }: DecodedPage): void {
    if (definitionLevels.length === 0) return;
    const { leaf, firstRow } = this.#options;
    const at = definitionLevels.findIndex((level) => level < leaf.definitionMax);
    const rows = repetitionLevels.subarray(0, at + 1).reduce((sum, level) => sum + (level === 0 ? 1 : 0), 0);
    const isComponent =
      leaf.element.repetition_type === "OPTIONAL" && definitionLevels[at] === leaf.definitionMax - 1;
    const what = isComponent ? "a component is null" : "is null or empty";
    throw invalid(`row ${firstRow + this.#rowsBegun + rows - 1}: ${what}`);
  }

  /** The whole row may be longer than the page: then only the sums of the row group tell. */
  #firstRowLength({ repetitionLevels, entryCount }: DecodedPage): number {
    const second = repetitionLevels.indexOf(0, 1);
    const { metadata, rowCount, firstRow } = this.#options;
    const length =
      second > 0
        ? second
        : Number(metadata.num_values) === entryCount
          ? entryCount
          : Number(metadata.num_values) / rowCount;
    if (!Number.isInteger(length)) throw invalid("has vectors of different lengths");
    if (!isDimension(length))
      throw invalid(`row ${firstRow}: has ${length} components, more than are allowed`);
    return length;
  }

  #checkLengths({ repetitionLevels, entryCount }: DecodedPage, dimension: number): void {
    if (this.#rowsBegun === 0 && repetitionLevels[0] !== 0) throw damaged("begins within a row");
    for (let at = 0; at < entryCount; ) {
      const start = repetitionLevels.indexOf(0, at);
      const end = start < 0 ? entryCount : start;
      this.#lastRowLength += end - at;
      if (this.#lastRowLength > dimension) throw this.#wrongLength();
      if (start < 0) return;
      if (this.#rowsBegun > 0 && this.#lastRowLength !== dimension) throw this.#wrongLength();
      this.#rowsBegun += 1;
      this.#lastRowLength = 1;
      at = start + 1;
    }
  }

  #wrongLength(): Error {
    const row = this.#options.firstRow + this.#rowsBegun - 1;
    const length = this.#lastRowLength;
    const count = length > this.#dimension! ? `more than ${this.#dimension}` : String(length);
    return invalid(`row ${row}: has ${count} components where ${this.#dimension} are expected`);
  }
}

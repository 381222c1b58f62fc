import { type ColumnChunkPlace, type DecodedPage, readColumnPages } from "./columnPages.ts";
import { damaged } from "./parquetFileError.ts";

export type FlatValue = number | bigint | boolean | Uint8Array | null;

/** The values of a column without lists in one row group, one for each row. */
export class FlatColumn {
  readonly #pages: AsyncGenerator<DecodedPage>;
  readonly #rowCount: number;
  #page: DecodedPage | undefined;
  #entry = 0;
  #value = 0;

  constructor(options: ColumnChunkPlace & { readonly rowCount: number }) {
    this.#rowCount = options.rowCount;
    if (Number(options.metadata.num_values) !== this.#rowCount) {
      throw damaged(`has ${options.metadata.num_values} values in a row group of ${this.#rowCount}`);
    }
    this.#pages = readColumnPages(options);
  }

  async take(count: number, put: (value: FlatValue) => void): Promise<void> {
    for (let taken = 0; taken < count; ) {
      const page = await this.#current();
      const end = Math.min(page.entryCount, this.#entry + count - taken);
      taken += end - this.#entry;
      for (; this.#entry < end; this.#entry++) {
        const isNull = page.definitionLevels.length > 0 && page.definitionLevels[this.#entry] === 0;
        put(isNull ? null : page.values[this.#value++]!);
      }
    }
  }

  /** Checks what comes after the last row: pages, perhaps, but no values. */
  async end(): Promise<void> {
    while (!(await this.#pages.next()).done);
  }

  async close(): Promise<void> {
    await this.#pages.return(undefined);
  }

  async #current(): Promise<DecodedPage> {
    while (this.#page === undefined || this.#entry === this.#page.entryCount) {
      const { done, value } = await this.#pages.next();
      if (done) throw damaged("has fewer values than rows");
      this.#page = value;
      this.#entry = 0;
      this.#value = 0;
    }
    return this.#page;
  }
}

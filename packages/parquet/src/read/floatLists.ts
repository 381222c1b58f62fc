import { type ColumnChunkPlace, type DecodedPage, readColumnPages } from "./columnPages.ts";
import { damaged } from "./parquetFileError.ts";

export type Floats = Float32Array | Float64Array;

/** Null where the list is null or empty. */
export type FloatList = Floats | null | "null component";

/**
 * Lists of floats of any length, row by row: those that lie within a page are views of it. What is wrong with a row is
 * told of that row, and the next one can be read.
 */
export class FloatLists {
  readonly #place: ColumnChunkPlace;
  readonly #rowCount: number;
  readonly #ready: AsyncGenerator<FloatList[]>;
  #lists: readonly FloatList[] = [];
  #at = 0;

  constructor(place: ColumnChunkPlace & { readonly rowCount: number }) {
    this.#place = place;
    this.#rowCount = place.rowCount;
    this.#ready = this.#decode();
  }

  async take(count: number, put: (list: FloatList) => void): Promise<void> {
    for (let taken = 0; taken < count; taken++) {
      while (this.#at === this.#lists.length) {
        const { done, value } = await this.#ready.next();
        if (done) throw damaged("has fewer values than rows");
        this.#lists = value;
        this.#at = 0;
      }
      put(this.#lists[this.#at++]!);
    }
  }

  async end(): Promise<void> {
    while (this.#at === this.#lists.length) {
      const { done, value } = await this.#ready.next();
      if (done) return;
      this.#lists = value;
      this.#at = 0;
    }
    throw damaged(`has more rows than its row group, which has ${this.#rowCount}`);
  }

  async close(): Promise<void> {
    await this.#ready.return(undefined);
  }

  /** The lists that end with each page. */
  async *#decode(): AsyncGenerator<FloatList[]> {
    let open: FloatList | undefined;
    for await (const page of readColumnPages(this.#place)) {
      const finished: FloatList[] = [];
      for (const { isContinued, list } of this.#runs(page)) {
        if (isContinued) {
          if (open === undefined) throw damaged("begins within a row");
          open = join(open, list);
        } else {
          if (open !== undefined) finished.push(open);
          open = list;
        }
      }
      yield finished;
    }
    if (open !== undefined) yield [open];
  }

  /** The page's entries, parted where a row begins. */
  *#runs(page: DecodedPage): Generator<{ readonly isContinued: boolean; readonly list: FloatList }> {
    const { entryCount, repetitionLevels } = page;
    const values =
      page.values instanceof Float32Array || page.values instanceof Float64Array
        ? page.values
        : new Float32Array(0);
    if (values !== page.values && page.values.length > 0) throw damaged("has no numbers");
    let value = 0;
    for (let from = 0; from < entryCount; ) {
      const next = repetitionLevels.indexOf(0, from + 1);
      const to = next < 0 ? entryCount : next;
      const flaw = this.#flaw(page, from, to);
      const count = flaw === undefined ? to - from : this.#valueCount(page, from, to);
      yield {
        isContinued: repetitionLevels[from] !== 0,
        list: flaw === undefined ? values.subarray(value, value + count) : flaw,
      };
      value += count;
      from = to;
    }
  }

  #flaw({ definitionLevels }: DecodedPage, from: number, to: number): null | "null component" | undefined {
    if (definitionLevels.length === 0) return undefined;
    const { element } = this.#place.leaf;
    const { definitionMax } = this.#place.leaf;
    for (let entry = from; entry < to; entry++) {
      const level = definitionLevels[entry]!;
      if (level === definitionMax) continue;
      const isComponent = element.repetition_type === "OPTIONAL" && level === definitionMax - 1;
      return isComponent ? "null component" : null;
    }
    return undefined;
  }

  #valueCount({ definitionLevels }: DecodedPage, from: number, to: number): number {
    let count = 0;
    for (let entry = from; entry < to; entry++)
      if (definitionLevels[entry] === this.#place.leaf.definitionMax) count += 1;
    return count;
  }
}

function join(start: FloatList, rest: FloatList): FloatList {
  if (start === "null component" || rest === "null component") return "null component";
  if (start === null || rest === null) throw damaged("goes on with a row that is empty");
  const whole =
    start instanceof Float32Array
      ? new Float32Array(start.length + rest.length)
      : new Float64Array(start.length + rest.length);
  whole.set(start);
  whole.set(rest, start.length);
  return whole;
}

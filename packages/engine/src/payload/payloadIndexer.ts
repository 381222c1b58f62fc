import type { Deadline, JsonObject } from "@akidb/base";
import { PayloadIndex, type PayloadIndexOptions } from "./payloadIndex.ts";
import type { PayloadImage } from "./stored/payloadImage.ts";

/** Rows read from the documents between two turns of the event loop: some two milliseconds. */
const rowsPerSlice = 200;

export interface PayloadSource {
  /** Rows so far, dead ones included. */
  readonly rowCount: () => number;
  /** As JSON; undefined where the row's document has none, was replaced or deleted, or cannot be read. */
  readonly metadataAt: (row: number) => string | undefined;
}

/**
 * Keeps a payload index up with the rows of a collection. What is added while it is up to date goes in at once; rows that
 * were there before are read from their documents behind, a slice at a time.
 */
export class PayloadIndexer {
  readonly index: PayloadIndex;
  readonly #source: PayloadSource;
  /** Every row below is in the index, or has nothing to be there. */
  #rowEnd = 0;
  #catchingUp: Promise<void> | undefined;
  #isStopped = false;
  #replacementCount = 0;

  /** @param index of all rows that the source has, if there is one */
  constructor(source: PayloadSource, options: PayloadIndexOptions, index?: PayloadIndex) {
    this.#source = source;
    this.index = index ?? new PayloadIndex(options);
    if (index !== undefined) this.#rowEnd = source.rowCount();
  }

  get isUpToDate(): boolean {
    return this.#rowEnd >= this.#source.rowCount();
  }

  /** Grows whenever a row that is in the index changes: what was read of it in several turns may not fit together then. */
  get replacementCount(): number {
    return this.#replacementCount;
  }

  /** @param row the newest; one before which rows are missing is left to {@link PayloadIndexer.catchUp} */
  add(row: number, metadata: string | undefined): void {
    if (row !== this.#rowEnd) return;
    this.#enter(row, metadata);
  }

  /** What a row says changes; one that is not in the index yet will be read as it is now. */
  replace(row: number, before: string | undefined, after: string | undefined): void {
    if (row >= this.#rowEnd || before === after) return;
    this.#replacementCount += 1;
    this.index.replace(
      row,
      JSON.parse(before ?? "{}") as JsonObject,
      JSON.parse(after ?? "{}") as JsonObject,
    );
  }

  /** Begins to read what is missing, unless it is being read. */
  catchUp(): void {
    if (this.#catchingUp !== undefined || this.isUpToDate || this.#isStopped) return;
    this.#catchingUp = this.#readMissing().finally(() => {
      this.#catchingUp = undefined;
    });
  }

  /**
   * Resolves when every row is in the index.
   *
   * @throws what the deadline throws
   */
  async upToDate(deadline: Deadline): Promise<void> {
    while (!this.isUpToDate) {
      this.catchUp();
      await new Promise((resolve) => setImmediate(resolve));
      deadline.check();
    }
  }

  /** Of this moment; undefined while rows are missing. */
  image(): PayloadImage | undefined {
    return this.isUpToDate ? this.index.image(this.#rowEnd) : undefined;
  }

  /** Nothing is read any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#catchingUp;
  }

  async #readMissing(): Promise<void> {
    while (!this.isUpToDate && !this.#isStopped) {
      const end = Math.min(this.#rowEnd + rowsPerSlice, this.#source.rowCount());
      for (let row = this.#rowEnd; row < end; row++) this.#enter(row, this.#source.metadataAt(row));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #enter(row: number, metadata: string | undefined): void {
    if (metadata !== undefined) this.index.add(row, JSON.parse(metadata) as JsonObject);
    this.#rowEnd = row + 1;
  }
}

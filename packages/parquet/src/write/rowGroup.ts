import { type DocumentColumns, idBytes } from "../documentColumns.ts";

export interface RowGroupLimits {
  readonly dimension: number;
  readonly rowsMax: number;
  readonly bytesMax: number;
}

/** Gathers rows until a row group is full. Its arrays are allocated once and used for every group. */
export class RowGroup {
  readonly #bytesMax: number;
  readonly #dimension: number;
  readonly #capacity: number;
  readonly #ids: Uint8Array;
  readonly #vectors: Float32Array;
  readonly #insertedAtMs: Float64Array;
  readonly #updatedAtMs: Float64Array;
  readonly #versions: Float64Array;
  readonly #expiresAtMs: Float64Array;
  #externalIds: (string | null)[] = [];
  #texts: (string | null)[] = [];
  #metadata: (string | null)[] = [];
  #rowCount = 0;
  #bytes = 0;

  constructor({ dimension, rowsMax, bytesMax }: RowGroupLimits) {
    this.#bytesMax = bytesMax;
    this.#dimension = dimension;
    this.#capacity = Math.max(1, Math.min(rowsMax, Math.floor(bytesMax / rowBytes(dimension))));
    this.#ids = new Uint8Array(this.#capacity * idBytes);
    this.#vectors = new Float32Array(this.#capacity * dimension);
    this.#insertedAtMs = new Float64Array(this.#capacity);
    this.#updatedAtMs = new Float64Array(this.#capacity);
    this.#versions = new Float64Array(this.#capacity);
    this.#expiresAtMs = new Float64Array(this.#capacity);
  }

  get rowCount(): number {
    return this.#rowCount;
  }

  get isFull(): boolean {
    return this.#rowCount === this.#capacity || this.#bytes >= this.#bytesMax;
  }

  /** Takes rows from `start` on until it is full, at least one; @returns where it stopped. Rows per group follow from the rows alone, however they are batched. */
  take(columns: DocumentColumns, start: number): number {
    let end = start;
    for (; end < columns.rowCount && !this.isFull; end++) {
      const strings = [columns.externalIds[end]!, columns.texts[end]!, columns.metadata[end]!] as const;
      this.#externalIds.push(strings[0]);
      this.#texts.push(strings[1]);
      this.#metadata.push(strings[2]);
      this.#bytes += rowBytes(this.#dimension);
      for (const value of strings) this.#bytes += value?.length ?? 0;
      this.#rowCount += 1;
    }
    const row = this.#rowCount - (end - start);
    this.#ids.set(columns.ids.subarray(start * idBytes, end * idBytes), row * idBytes);
    this.#vectors.set(
      columns.vectors.subarray(start * this.#dimension, end * this.#dimension),
      row * this.#dimension,
    );
    this.#insertedAtMs.set(columns.insertedAtMs.subarray(start, end), row);
    this.#updatedAtMs.set(columns.updatedAtMs.subarray(start, end), row);
    this.#versions.set(columns.versions.subarray(start, end), row);
    this.#expiresAtMs.set(columns.expiresAtMs.subarray(start, end), row);
    return end;
  }

  /** Views, valid until the group is cleared. */
  get columns(): DocumentColumns {
    const rows = this.#rowCount;
    return {
      rowCount: rows,
      ids: this.#ids.subarray(0, rows * idBytes),
      externalIds: this.#externalIds,
      vectors: this.#vectors.subarray(0, rows * this.#dimension),
      texts: this.#texts,
      metadata: this.#metadata,
      insertedAtMs: this.#insertedAtMs.subarray(0, rows),
      updatedAtMs: this.#updatedAtMs.subarray(0, rows),
      versions: this.#versions.subarray(0, rows),
      expiresAtMs: this.#expiresAtMs.subarray(0, rows),
    };
  }

  clear(): void {
    this.#externalIds = [];
    this.#texts = [];
    this.#metadata = [];
    this.#rowCount = 0;
    this.#bytes = 0;
  }
}

/** Identifier, vector, three times and a version. */
const rowBytes = (dimension: number): number => idBytes + 4 * dimension + 4 * 8;

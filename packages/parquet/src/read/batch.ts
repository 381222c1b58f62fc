import { type DocumentColumns, type FoundColumns, idBytes } from "../documentColumns.ts";
import type { ColumnName } from "../format/documentSchema.ts";
import type { ColumnPlan } from "./columnPlan.ts";
import type { FlatValue } from "./flatColumn.ts";
import { toIdBytes, toMetadata, toText, toTimeMs, toVersion } from "./flatValues.ts";
import type { Leaf } from "./leaf.ts";

type Mutable<Columns> = { -readonly [Column in keyof Columns]: Columns[Column] };

/** Columns that grow row by row. */
export class Batch {
  readonly #dimension: number;
  readonly #columns: Mutable<FoundColumns>;
  rowCount = 0;
  stringBytes = 0;

  /** @param dimension 0: without vectors */
  constructor(plan: ColumnPlan, capacity: number, dimension: number) {
    this.#dimension = dimension;
    const strings = (name: ColumnName): (string | null)[] | null => (plan.has(name) ? [] : null);
    const numbers = (name: ColumnName) => (plan.has(name) ? new Float64Array(capacity) : null);
    this.#columns = {
      rowCount: 0,
      ids: plan.has("id") ? new Uint8Array(capacity * idBytes) : null,
      externalIds: strings("external_id"),
      vectors: new Float32Array(capacity * dimension),
      texts: strings("text"),
      metadata: strings("metadata"),
      insertedAtMs: numbers("inserted_at"),
      updatedAtMs: numbers("updated_at"),
      versions: numbers("version"),
      expiresAtMs: numbers("expires_at"),
    };
  }

  vectorsOf(count: number): Float32Array {
    const start = this.rowCount * this.#dimension;
    return this.#columns.vectors.subarray(start, start + count * this.#dimension);
  }

  putMetadata(values: readonly (string | null)[]): void {
    for (const value of values) this.#putString(this.#columns.metadata, value);
  }

  /** What takes the values of the rows from `rowCount` on. */
  putter(name: ColumnName, { element }: Leaf): (value: FlatValue) => unknown {
    const columns = this.#columns;
    let row = this.rowCount;
    switch (name) {
      case "id":
        return (value) => columns.ids!.set(toIdBytes(value, element), row++ * idBytes);
      case "external_id":
        return (value) => this.#putString(columns.externalIds, toText(value));
      case "text":
        return (value) => this.#putString(columns.texts, toText(value));
      case "metadata":
        return (value) => this.#putString(columns.metadata, toMetadata(value));
      case "inserted_at":
        return (value) => columns.insertedAtMs!.fill(toTimeMs(value, element), row, ++row);
      case "updated_at":
        return (value) => columns.updatedAtMs!.fill(toTimeMs(value, element), row, ++row);
      case "expires_at":
        return (value) => columns.expiresAtMs!.fill(toTimeMs(value, element), row, ++row);
      case "version":
        return (value) => columns.versions!.fill(toVersion(value), row, ++row);
      case "vector":
        throw new Error("vectors are no flat column");
    }
  }

  advance(count: number): void {
    this.rowCount += count;
  }

  columns(): FoundColumns {
    const columns = this.#columns;
    const rows = this.rowCount;
    return {
      ...columns,
      rowCount: rows,
      ids: columns.ids?.subarray(0, rows * idBytes) ?? null,
      vectors: columns.vectors.subarray(0, rows * this.#dimension),
      insertedAtMs: columns.insertedAtMs?.subarray(0, rows) ?? null,
      updatedAtMs: columns.updatedAtMs?.subarray(0, rows) ?? null,
      versions: columns.versions?.subarray(0, rows) ?? null,
      expiresAtMs: columns.expiresAtMs?.subarray(0, rows) ?? null,
    };
  }

  #putString(column: DocumentColumns["texts"] | null, value: string | null): void {
    (column as (string | null)[]).push(value);
    this.stringBytes += value?.length ?? 0;
  }
}

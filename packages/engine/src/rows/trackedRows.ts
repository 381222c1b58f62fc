import type { DocumentId } from "@akidb/base";
import type { RowTable } from "./rowTable.ts";

/** Which document has which row, as it was at one moment, while documents are replaced and deleted. */
export class TrackedRows {
  readonly #rows: RowTable;
  readonly #rowCount: number;
  readonly #left = new Map<DocumentId, number>();

  constructor(rows: RowTable) {
    this.#rows = rows;
    this.#rowCount = rows.rowCount;
  }

  /** @returns undefined where there was no such document */
  rowOf(id: DocumentId): number | undefined {
    const left = this.#left.get(id);
    if (left !== undefined) return left;
    const row = this.#rows.rowOf(id);
    return row !== undefined && row < this.#rowCount ? row : undefined;
  }

  /** To be told of every row whose document goes. */
  leave(row: number): void {
    if (row < this.#rowCount) this.#left.set(this.#rows.idOf(row), row);
  }
}

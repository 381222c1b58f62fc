import { idFromBytes, type Page } from "@akidb/base";
import { encodeCursor } from "../pageCursor.ts";
import { isWhole } from "./checksummedRows.ts";

export interface CutPageInput<Row, Item> {
  readonly table: string;
  /** With all of their columns; one more than `limit` where there is a next page. */
  readonly rows: readonly Row[];
  readonly limit: number;
  readonly idOf: (row: Row) => Uint8Array;
  readonly toRecord: (row: Row) => Item;
}

/** Damaged rows are left out: whoever opened the catalog was told of them. A page may be shorter for it. */
export function cutPage<Row extends object, Item>({
  table,
  rows,
  limit,
  idOf,
  toRecord,
}: CutPageInput<Row, Item>): Page<Item> {
  const page = rows.slice(0, limit);
  const items = page.filter((row) => isWhole(table, row)).map(toRecord);
  const last = page.at(-1);
  return rows.length > limit && last !== undefined
    ? { items, nextCursor: encodeCursor(idFromBytes(idOf(last))) }
    : { items };
}

import { PostingList } from "./postingList.ts";

/** The rows of a text: the row itself where it is the only one, as most texts of many have a list for nothing. */
export type TextRows = number | PostingList;

export const countOf = (rows: TextRows): number => (typeof rows === "number" ? 1 : rows.count);

export function countBelow(rows: TextRows, rowEnd: number): number {
  if (typeof rows === "number") return rows < rowEnd ? 1 : 0;
  return rows.countBelow(rowEnd);
}

export function forEachRowOf(rows: TextRows, visit: (row: number) => void): void {
  if (typeof rows === "number") visit(rows);
  else rows.forEach(visit);
}

/** @returns what has the row, too: the same list, or a new one */
export function withRow(rows: TextRows, row: number): TextRows {
  if (rows === row) return rows;
  if (typeof rows !== "number") {
    rows.add(row);
    return rows;
  }
  const list = new PostingList();
  list.add(rows);
  list.add(row);
  return list;
}

/** @returns what is left, if anything is */
export function withoutRow(rows: TextRows, row: number): TextRows | undefined {
  if (typeof rows === "number") return rows === row ? undefined : rows;
  rows.remove(row);
  return rows.count === 0 ? undefined : rows;
}

export const isEmpty = (rows: TextRows): boolean => countOf(rows) === 0;

/** A list of its own: as it is now, whatever happens to the other. */
export const copyOf = (rows: TextRows): TextRows => (typeof rows === "number" ? rows : rows.clone());

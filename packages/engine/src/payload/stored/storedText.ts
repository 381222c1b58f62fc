import type { StoredPostings } from "../postingList.ts";

// A dictionary in a file: of each text two words, its length and its rows' count; then the characters of all, then
// the rows of all. A text is written in Latin-1 where it can be, else in UTF-16, which holds any string there is.

/** Of a text: twice its length in UTF-16 code units, plus 1 where it is wide; its rows. */
export const entryWords = 2;

/** A row takes a word in a list: beyond one row in this many, a bit for each row is smaller. */
const rowsPerWord = 32;

const latin1 = /^[\0-\xff]*$/;

export const isWide = (text: string): boolean => !latin1.test(text);

export const textBytesOf = (length: number, wide: boolean): number => (wide ? 2 : 1) * length;

export const formOf = (count: number, rowEnd: number): StoredPostings["form"] =>
  count * rowsPerWord > rowEnd ? "bits" : "list";

export const wordsOf = (count: number, rowEnd: number): number =>
  formOf(count, rowEnd) === "bits" ? Math.ceil(rowEnd / 32) : count;

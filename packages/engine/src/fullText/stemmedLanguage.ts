import { type TextLanguage, textLanguages } from "@akidb/base";

/** A language whose stems are made here: SQLite has those of English, and `none` has none. */
export type StemmedLanguage = Exclude<TextLanguage, "none" | "english">;

export const isStemmed = (language: TextLanguage): language is StemmedLanguage =>
  language !== "none" && language !== "english";

/** Of the library's rules: a full text that was written with others is made anew. */
const rules = "Snowball 3.1.1";

/** How a full text says what its words are written as. */
export const nameOfForms = (language: TextLanguage): string =>
  isStemmed(language) ? `${language}, ${rules}` : language;

/** @returns undefined where this version would write other forms */
export const languageOfForms = (name: string): TextLanguage | undefined =>
  textLanguages.find((language) => nameOfForms(language) === name);

import type { TextLanguage } from "@akidb/base";
import type { MarkedText } from "../documents/documentTexts.ts";
import { isStemmed, type StemmedLanguage } from "./stemmedLanguage.ts";
import { tokenizerForm, wordsOf } from "./textForm.ts";
import { unstemmed } from "./unstemmed.ts";
import { loadStems, spelled } from "./wordStems.ts";

/** What texts are written as in front of the tokenizer, and questions about them in the same way. */
export interface WordForms {
  readonly formOf: (text: string) => string;
  /** The same, but for the last word, which may go on: only all of it has a stem. */
  readonly prefixFormOf: (text: string) => string;
  /** A text in the pieces in which its form was marked. */
  readonly inText: (text: string, marked: MarkedText) => MarkedText;
}

const plainForms: WordForms = {
  formOf: tokenizerForm,
  prefixFormOf: tokenizerForm,
  inText: (_, marked) => marked,
};

const loaded = new Map<StemmedLanguage, Promise<WordForms>>();

/** Once for a language in a thread. */
export async function wordFormsOf(language: TextLanguage): Promise<WordForms> {
  if (!isStemmed(language)) return plainForms;
  const forms = loaded.get(language) ?? loadStems(language).then((stemOf) => stemmedForms(language, stemOf));
  loaded.set(language, forms);
  return await forms;
}

/** Stems and nothing else: what is a word here is one to the tokenizer, whose Unicode is older. */
const stemmedForms = (language: StemmedLanguage, stemOf: (word: string) => string): WordForms => ({
  formOf: (text) => wordsOf(tokenizerForm(text)).map(stemOf).join(" "),
  prefixFormOf: (text) =>
    wordsOf(tokenizerForm(text))
      .map((word, index, { length }) => (index === length - 1 ? spelled(word, language) : stemOf(word)))
      .join(" "),
  inText: (text, marked) => unstemmed(tokenizerForm(text), marked, stemOf),
});

/** Scripts that are written without spaces between words. */
const unspaced = "\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}ー々〆";
const hasUnspaced = new RegExp(`[${unspaced}]`, "u");
const eachUnspaced = new RegExp(`[${unspaced}]`, "gu");
const unspacedRun = new RegExp(`[${unspaced}]+|[^${unspaced}]+`, "gu");

/**
 * Stands around every character of a script without spaces, in front of the tokenizer alone: each is a word of its own
 * then, and what is sought in such a script a phrase. Unicode's line separator, which parts words for FTS5, too.
 */
export const boundary = "\u2028";
const eachBoundary = new RegExp(boundary, "g");

/** A text as the tokenizer gets it. Almost as fast as not looking where no such script is in it. */
export const tokenizerForm = (text: string): string =>
  hasUnspaced.test(text) ? text.replace(eachUnspaced, `${boundary}$&${boundary}`) : text;

/** Takes back what {@link tokenizerForm} did. */
export const withoutBoundaries = (form: string): string => form.replace(eachBoundary, "");

const wordPattern = "[\\p{L}\\p{N}\\p{Co}][\\p{L}\\p{N}\\p{Co}\\p{M}]*";
const word = new RegExp(wordPattern, "uy");
const eachWord = new RegExp(wordPattern, "gu");
const wordsApart = new RegExp(`(${wordPattern})`, "u");
const wholeWord = new RegExp(`^${wordPattern}$`, "u");

/** @returns the word that begins there, if one does */
export function wordAt(text: string, position: number): string | undefined {
  word.lastIndex = position;
  return word.exec(text)?.[0];
}

/** Whether it is one word, and nothing else. */
export const isWord = (text: string): boolean => wholeWord.test(text);

export const wordsOf = (text: string): readonly string[] => text.match(eachWord) ?? [];

/** In turn, beginning and ending with what stands around words, which may be nothing. */
export const wordsAndGaps = (text: string): readonly string[] => text.split(wordsApart);

/**
 * What a word of a question is looked for as: itself, or where its script has no spaces, each two characters that stand
 * beside each other, since nobody knows where its words end.
 */
export const soughtParts = (sought: string): readonly string[] =>
  hasUnspaced.test(sought) ? [...sought.matchAll(unspacedRun)].flatMap(([run]) => pairsOf(run)) : [sought];

function pairsOf(run: string): readonly string[] {
  const characters = [...run];
  if (characters.length < 2 || !hasUnspaced.test(run)) return [run];
  return characters.slice(1).map((character, index) => characters[index]! + character);
}

const word = /[\p{L}\p{N}\p{M}_]+/gu;

/** The words of a text as `$contains` compares them: runs of letters, digits and marks, without regard to case. */
export const wordsOf = (text: string): ReadonlySet<string> =>
  new Set(text.normalize("NFKC").toLowerCase().match(word) ?? []);

const ascii = /^[\0-\x7f]*$/;

function hasAll(words: ReadonlySet<string>, wanted: ReadonlySet<string>): boolean {
  for (const each of wanted) if (!words.has(each)) return false;
  return true;
}

/** Whether a look at the characters tells that a text lacks a word: most that do are told so without being cut into words. */
function lacksPlainly(text: string, wanted: ReadonlySet<string>): boolean {
  if (!ascii.test(text)) return false;
  const lower = text.toLowerCase();
  for (const each of wanted) if (!lower.includes(each)) return true;
  return false;
}

/** Whether a text has all words of another; no text has those of one without any. To be kept for many texts. */
export function hasWordsOf(operand: string): (text: string) => boolean {
  const wanted = wordsOf(operand);
  return (text) => wanted.size > 0 && !lacksPlainly(text, wanted) && hasAll(wordsOf(text), wanted);
}

/** The words of a document's texts, for many conditions: from the third on that asks for a text, they are cut out once. */
export class WordsOfTexts {
  readonly #known = new Map<string, { asked: number; words: ReadonlySet<string> | undefined }>();

  /** Another document follows. */
  clear(): void {
    if (this.#known.size > 0) this.#known.clear();
  }

  /** Whether a text has all words that are wanted; none has them where there are none. */
  have(text: string, wanted: ReadonlySet<string>): boolean {
    if (wanted.size === 0) return false;
    let known = this.#known.get(text);
    if (known === undefined) {
      known = { asked: 0, words: undefined };
      this.#known.set(text, known);
    }
    known.asked += 1;
    if (known.words === undefined) {
      if (known.asked <= looksMax && lacksPlainly(text, wanted)) return false;
      known.words = wordsOf(text);
    }
    return hasAll(known.words, wanted);
  }
}

/** Looks at the characters of a text that are worth less than to cut it into words. */
const looksMax = 2;

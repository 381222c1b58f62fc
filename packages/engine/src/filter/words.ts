const word = /[\p{L}\p{N}\p{M}_]+/gu;

/** The words of a text as `$contains` compares them: runs of letters, digits and marks, without regard to case. */
export const wordsOf = (text: string): readonly string[] =>
  text.normalize("NFKC").toLowerCase().match(word) ?? [];

const ascii = /^[\0-\x7f]*$/;

/**
 * Whether a text has all words of another; no text has those of one without any. To be kept for many texts: most that lack
 * a word are told without being cut into words.
 */
export function hasWordsOf(operand: string): (text: string) => boolean {
  const wanted = wordsOf(operand);
  return (text) => {
    if (wanted.length === 0) return false;
    if (ascii.test(text)) {
      const lower = text.toLowerCase();
      if (!wanted.every((each) => lower.includes(each))) return false;
    }
    const present = new Set(wordsOf(text));
    return wanted.every((each) => present.has(each));
  };
}

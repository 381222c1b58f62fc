const word = /[\p{L}\p{N}\p{M}_]+/gu;

/** The words of a text as `$contains` compares them: runs of letters, digits and marks, without regard to case. */
export const wordsOf = (text: string): readonly string[] =>
  text.normalize("NFKC").toLowerCase().match(word) ?? [];

/** What a code point is to a reader of words. */
export const characterClass = { separator: 1, letter: 2, mark: 3, dense: 4 } as const;

/**
 * Letters of scripts that write a syllable or a word with one character, mostly without spaces, and pictographs: each
 * is a token of its own.
 */
const densePattern =
  /[[\p{L}\p{N}]&&[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Bopomofo}\p{scx=Hangul}]]|\p{Extended_Pictographic}|\p{Regional_Indicator}/v;
const letterPattern = /[\p{L}\p{N}]/v;
const markPattern = /\p{M}/v;

/** Filled as code points are met: 0 is not yet. Only the touched pages of the 1.1 MB become resident. */
const classes = new Uint8Array(0x110000);

/** @returns one of {@link characterClass} */
export function classOf(codePoint: number): number {
  return classes[codePoint] || classify(codePoint);
}

function classify(codePoint: number): number {
  const character = String.fromCodePoint(codePoint);
  const found = densePattern.test(character)
    ? characterClass.dense
    : letterPattern.test(character)
      ? characterClass.letter
      : markPattern.test(character)
        ? characterClass.mark
        : characterClass.separator;
  classes[codePoint] = found;
  return found;
}

import type { MarkedText } from "../documents/documentTexts.ts";
import { wordsAndGaps } from "./textForm.ts";

/**
 * A text in the pieces in which its stems were marked: each word whole, as it stands in the text.
 *
 * @param marked the stems of the text's words, a space between each two
 */
export function unstemmed(text: string, marked: MarkedText, stemOf: (word: string) => string): MarkedText {
  const pieces = wordsAndGaps(text);
  let index = 0;
  let [start, markedStart] = [0, 0];
  /** Asked for ever later places. */
  const placeOf = (markedAt: number, opens: boolean): number => {
    for (; index < pieces.length; index++) {
      const piece = pieces[index]!;
      const isWord = index % 2 === 1;
      const isBetween = index > 0 && index < pieces.length - 1;
      const markedEnd = markedStart + (isWord ? stemOf(piece).length : Number(isBetween));
      if (isWord && (opens ? markedAt < markedEnd : markedAt <= markedEnd)) {
        return opens ? start : start + piece.length;
      }
      start += piece.length;
      markedStart = markedEnd;
    }
    return text.length;
  };
  let [from, markedAt] = [0, 0];
  return marked.map((piece, at) => {
    markedAt += piece.length;
    const to = at === marked.length - 1 ? text.length : Math.max(from, placeOf(markedAt, at % 2 === 0));
    const original = text.slice(from, to);
    from = to;
    return original;
  });
}

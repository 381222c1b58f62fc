import type { Paint } from "./paint.ts";
import { printable } from "./printable.ts";

const entities: Readonly<Record<string, string>> = {
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&#39;": "'",
};

/** Fragments of a text, which come as HTML, in one line: what was sought in colour, and no more than so many characters. */
export function paintHighlights(fragments: readonly string[], charactersMax: number, paint: Paint): string {
  let left = charactersMax;
  const pieces = fragments.join(" ").split(/<\/?mark>/);
  return pieces
    .map((piece, index) => {
      const text = unescaped(piece).slice(0, left);
      left -= text.length;
      // Word by word, so that a line may end within.
      return index % 2 === 0 ? text : text.replace(/\S+/g, (word) => paint(["bold", "yellow"], word));
    })
    .join("");
}

const unescaped = (html: string): string =>
  // A space at an end parts the piece from the next.
  html
    .replace(/&(?:amp|lt|gt|quot|#39);/g, (entity) => entities[entity]!)
    .replace(/\S+/gu, (word) => printable(word));

import type { MarkedText } from "../documents/documentTexts.ts";

export interface HighlightOptions {
  /** At most. */
  readonly fragments: number;
  /** Of a fragment, about; a word that begins in it ends in it. */
  readonly fragmentCharacters: number;
}

interface Mark {
  readonly start: number;
  readonly end: number;
}

interface Fragment extends Mark {
  readonly marks: readonly Mark[];
}

/**
 * The parts of a text that say most of what was sought, in their order, as HTML: what was sought stands in `<mark>`, and
 * everything that the text itself says is escaped, so that it can do no harm in a page, whatever it is.
 */
export function highlightFragments(text: MarkedText, options: HighlightOptions): readonly string[] {
  const whole = text.join("");
  const best = fragmentsOf(whole, marksOf(text), options.fragmentCharacters)
    .toSorted((a, b) => weightOf(b, whole) - weightOf(a, whole) || a.start - b.start)
    .slice(0, options.fragments);
  return best.toSorted((a, b) => a.start - b.start).map((fragment) => htmlOf(fragment, whole));
}

function marksOf(text: MarkedText): readonly Mark[] {
  let at = 0;
  return text.flatMap((piece, index) => {
    const mark = { start: at, end: at + piece.length };
    at = mark.end;
    return index % 2 === 1 && piece !== "" ? [mark] : [];
  });
}

/** One after the other, each around as many marks as there is room for; none overlaps another. */
function fragmentsOf(whole: string, marks: readonly Mark[], characters: number): readonly Fragment[] {
  const fragments: Fragment[] = [];
  for (let first = 0; first < marks.length; ) {
    const previousEnd = fragments.at(-1)?.end ?? 0;
    let next = first + 1;
    while (next < marks.length && marks[next]!.end - marks[first]!.start <= characters) next += 1;
    const held = marks.slice(first, next);
    const margin = Math.max(0, characters - (held.at(-1)!.end - held[0]!.start)) >> 1;
    const start = wordStart(whole, Math.max(previousEnd, held[0]!.start - margin), held[0]!.start);
    const end = wordEnd(whole, Math.min(whole.length, held.at(-1)!.end + margin), marks[next]?.start);
    fragments.push({ start, end, marks: held });
    first = next;
  }
  return fragments;
}

/** Different words count first, then how often they come. */
function weightOf({ marks }: Fragment, whole: string): number {
  const words = new Set(marks.map(({ start, end }) => whole.slice(start, end).toLowerCase()));
  return words.size * 1_000 + marks.length;
}

const isInWord = (whole: string, at: number): boolean =>
  /^[\p{L}\p{N}\p{M}]{2}$/u.test(whole.slice(at - 1, at + 1));

/** How far a cut may move to the edge of a word; beyond it, there are none. */
const wordCharactersMax = 40;

function wordStart(whole: string, from: number, max: number): number {
  let start = from;
  while (start > 0 && start < max && start - from < wordCharactersMax && isInWord(whole, start)) start += 1;
  while (start < max && /\s/u.test(whole[start]!)) start += 1;
  return isLowSurrogate(whole, start) ? start - 1 : start;
}

function wordEnd(whole: string, from: number, max = whole.length): number {
  let end = Math.min(from, max);
  while (end < max && end - from < wordCharactersMax && isInWord(whole, end)) end += 1;
  return isLowSurrogate(whole, end) ? end - 1 : end;
}

/** There, a cut would halve a character. */
const isLowSurrogate = (whole: string, at: number): boolean =>
  /^[\uDC00-\uDFFF]/.test(whole.slice(at, at + 1));

function htmlOf({ start, end, marks }: Fragment, whole: string): string {
  let html = start > 0 ? "…" : "";
  let at = start;
  for (const mark of marks) {
    html += `${escaped(whole.slice(at, mark.start))}<mark>${escaped(whole.slice(mark.start, mark.end))}</mark>`;
    at = mark.end;
  }
  return `${html}${escaped(whole.slice(at, end).trimEnd())}${end < whole.length ? "…" : ""}`;
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character]!);

import { printable } from "../terminal/printable.ts";

/** Words of a question that say nothing about its subject. */
const functionWords = new Set(
  "a an and are as at be by can do does for from has have how i if in is it its my not of on or so that the there this to was what when where which who why will with you your".split(
    " ",
  ),
);

const codeFence = /^ {0,3}(`{3,}|~{3,}).*$/gm;
const wordPattern = /[\p{L}\p{M}\p{N}]+/gu;

export const questionWords = (question: string): ReadonlySet<string> =>
  new Set(
    (question.toLowerCase().match(wordPattern) ?? []).filter(
      (word) => word.length > 1 && !functionWords.has(word),
    ),
  );

/** The part of `text` (in one line) with the most different words of the question, at most `charactersMax` long. */
export function snippet(text: string, words: ReadonlySet<string>, charactersMax: number): string {
  const line = printable(text.replace(codeFence, ""));
  if (line.length <= charactersMax) return line;
  const hits = [...line.matchAll(wordPattern)].filter(([word]) => isMatch(word, words));
  let best = { start: 0, count: 0 };
  for (const { index } of hits) {
    // Some words before the first hit, so that it can be understood.
    const start = index < charactersMax / 4 ? 0 : line.lastIndexOf(" ", index - charactersMax / 8) + 1;
    const inside = hits.filter(
      (hit) => hit.index >= start && hit.index + hit[0].length <= start + charactersMax,
    );
    const count = new Set(inside.map(([word]) => word.toLowerCase())).size;
    if (count > best.count) best = { start, count };
  }
  const end = best.start + charactersMax;
  const cut = end >= line.length ? line.length : Math.max(line.lastIndexOf(" ", end), best.start + 1);
  return `${best.start > 0 ? "… " : ""}${line.slice(best.start, cut)}${cut < line.length ? " …" : ""}`;
}

/** `text` with every word that the question has in it, or a longer form of one, marked. */
export const highlight = (text: string, words: ReadonlySet<string>, mark: (word: string) => string): string =>
  text.replace(wordPattern, (word) => (isMatch(word, words) ? mark(word) : word));

/** `collections` for `collection` and back: what a reader takes for the same word. */
function isMatch(word: string, words: ReadonlySet<string>): boolean {
  const lower = word.toLowerCase();
  if (words.has(lower)) return true;
  return (
    lower.length > 3 &&
    [...words].some((each) => each.length > 3 && (lower.startsWith(each) || each.startsWith(lower)))
  );
}

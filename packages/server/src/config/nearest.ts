import { closest, distance } from "fastest-levenshtein";

/**
 * The known word that was probably meant: the shortest that ends with the whole of `word` (`port` → `rest_port`), else
 * the one with the fewest typing errors (Levenshtein 1966), at most one in three letters; undefined if none is near.
 */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const [completed] = known
    .filter((name) => [".", "_", "-"].some((separator) => name.endsWith(`${separator}${word}`)))
    .sort((a, b) => a.length - b.length);
  if (completed !== undefined) return completed;
  const candidate = closest(word, known);
  const errorsMax = Math.ceil(Math.max(word.length, candidate.length) / 3);
  return distance(word, candidate) <= errorsMax ? candidate : undefined;
}

/** Appended to a complaint about an unknown word. */
export const suggestion = (meant: string | undefined): string =>
  meant === undefined ? "" : `; did you mean ${meant}?`;

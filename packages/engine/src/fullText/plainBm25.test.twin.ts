import { soughtPhrases } from "./ftsExpression.ts";
import type { FullTextPhrase, FullTextQuery } from "./fullTextQuery.ts";

const [k1, b] = [1.2, 0.75];

/** The words of a text of plain letters and digits. */
const wordsOf = (text: string): readonly string[] => text.toLowerCase().match(/[a-z0-9]+/g) ?? [];

/** The slow plain twin of FTS5: reads every text, for every query. Keys are in the order of their writing. */
export function plainBm25(
  texts: ReadonlyMap<string, string>,
  query: FullTextQuery,
): readonly { readonly key: string; readonly score: number }[] {
  const documents = Array.from(texts, ([key, text]) => ({ key, words: wordsOf(text) }));
  const meanLength = documents.reduce((sum, { words }) => sum + words.length, 0) / documents.length;
  const phrases = soughtPhrases(query).map((phrase) => {
    const having = documents.filter(({ words }) => countOf(phrase, words) > 0).length;
    const idf = Math.log((documents.length - having + 0.5) / (having + 0.5));
    return { phrase, idf: idf <= 0 ? 1e-6 : idf };
  });
  const scoreOf = (words: readonly string[]): number =>
    phrases.reduce((sum, { phrase, idf }) => {
      const frequency = countOf(phrase, words);
      const norm = k1 * (1 - b + (b * words.length) / meanLength);
      return sum + (idf * frequency * (k1 + 1)) / (frequency + norm);
    }, 0);
  return documents
    .filter(({ words }) => says(query, words))
    .map(({ key, words }) => ({ key, score: scoreOf(words) }))
    .sort((a, z) => z.score - a.score);
}

function says(query: FullTextQuery, words: readonly string[]): boolean {
  switch (query.kind) {
    case "phrase":
      return countOf(query, words) > 0;
    case "any":
      return query.parts.some((part) => says(part, words));
    case "all":
      return query.parts.every((part) => says(part, words));
    case "preferring":
      return says(query.required, words);
    case "except":
      return says(query.from, words) && !says(query.excluded, words);
  }
}

function countOf({ words: phrase, isPrefix }: FullTextPhrase, words: readonly string[]): number {
  const sought = wordsOf(phrase);
  return words.filter((_, at) =>
    sought.every((word, index) =>
      isPrefix && index === sought.length - 1
        ? (words[at + index] ?? "").startsWith(word)
        : words[at + index] === word,
    ),
  ).length;
}

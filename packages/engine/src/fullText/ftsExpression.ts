import { assertNever } from "@akidb/base";
import type { FullTextPhrase, FullTextQuery } from "./fullTextQuery.ts";
import { tokenizerForm } from "./textForm.ts";

/** A query in the language of SQLite's FTS5 (https://www.sqlite.org/fts5.html#full_text_query_syntax). */
export interface FtsExpression {
  /** Documents that are found. */
  readonly matches: string;
  /** All phrases that count for the score, where the documents found are not scored by what finds them. */
  readonly scores: string | undefined;
}

/** Every phrase is in quotes, so nothing that a person types can be taken for syntax. */
export function ftsExpression(query: FullTextQuery): FtsExpression {
  const isPreferring = mentions(query, "preferring");
  return {
    matches: expressionOf(query),
    scores: isPreferring ? soughtPhrases(query).map(phraseOf).join(" OR ") : undefined,
  };
}

/** The phrases that a document is scored by: those to be marked in it. */
export function soughtPhrases(query: FullTextQuery): readonly FullTextPhrase[] {
  switch (query.kind) {
    case "phrase":
      return [query];
    case "any":
    case "all":
      return query.parts.flatMap(soughtPhrases);
    case "preferring":
      return [...soughtPhrases(query.required), ...soughtPhrases(query.optional)];
    case "except":
      return soughtPhrases(query.from);
    default:
      return assertNever(query);
  }
}

export const phraseOf = ({ words, isPrefix }: FullTextPhrase): string =>
  `"${tokenizerForm(words).replaceAll("\0", " ").replaceAll('"', '""')}"${isPrefix ? "*" : ""}`;

function expressionOf(query: FullTextQuery): string {
  switch (query.kind) {
    case "phrase":
      return phraseOf(query);
    case "any":
      return `(${query.parts.map(expressionOf).join(" OR ")})`;
    case "all":
      return `(${query.parts.map(expressionOf).join(" AND ")})`;
    case "preferring":
      return expressionOf(query.required);
    case "except":
      return `(${expressionOf(query.from)} NOT ${expressionOf(query.excluded)})`;
    default:
      return assertNever(query);
  }
}

function mentions(query: FullTextQuery, kind: FullTextQuery["kind"]): boolean {
  if (query.kind === kind) return true;
  switch (query.kind) {
    case "phrase":
      return false;
    case "any":
    case "all":
      return query.parts.some((part) => mentions(part, kind));
    case "preferring":
      return true;
    case "except":
      return mentions(query.from, kind);
    default:
      return assertNever(query);
  }
}

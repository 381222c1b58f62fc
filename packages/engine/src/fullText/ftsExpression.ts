import { assertNever } from "@akidb/base";
import type { FullTextPhrase, FullTextQuery } from "./fullTextQuery.ts";
import type { WordForms } from "./wordForms.ts";

/** A query in the language of SQLite's FTS5 (https://www.sqlite.org/fts5.html#full_text_query_syntax). */
export interface FtsExpression {
  /** Documents that are found. */
  readonly matches: string;
  /** All phrases that count for the score, where the documents found are not scored by what finds them. */
  readonly scores: string | undefined;
}

/** Every phrase is in quotes, so nothing that a person types can be taken for syntax. */
export function ftsExpression(query: FullTextQuery, forms: WordForms): FtsExpression {
  const isPreferring = mentions(query, "preferring");
  return {
    matches: expressionOf(query, forms),
    scores: isPreferring ? anyPhraseOf(soughtPhrases(query), forms) : undefined,
  };
}

export const anyPhraseOf = (phrases: readonly FullTextPhrase[], forms: WordForms): string =>
  phrases.map((phrase) => phraseOf(phrase, forms)).join(" OR ");

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

/** A word that may go on may be all of it, too, and stands in the full text by its stem then. */
function phraseOf({ words, isPrefix }: FullTextPhrase, forms: WordForms): string {
  const whole = quoted(forms.formOf(words));
  if (!isPrefix) return whole;
  const begun = quoted(forms.prefixFormOf(words));
  return begun === whole ? `${begun}*` : `(${begun}* OR ${whole})`;
}

const quoted = (form: string): string => `"${form.replaceAll("\0", " ").replaceAll('"', '""')}"`;

function expressionOf(query: FullTextQuery, forms: WordForms): string {
  const of = (part: FullTextQuery): string => expressionOf(part, forms);
  switch (query.kind) {
    case "phrase":
      return phraseOf(query, forms);
    case "any":
      return `(${query.parts.map(of).join(" OR ")})`;
    case "all":
      return `(${query.parts.map(of).join(" AND ")})`;
    case "preferring":
      return of(query.required);
    case "except":
      return `(${of(query.from)} NOT ${of(query.excluded)})`;
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

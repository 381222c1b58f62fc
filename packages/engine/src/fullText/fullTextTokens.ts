import { wordAt } from "./textForm.ts";

/** `at` counts characters from 1, as a person would. */
export type FullTextToken = { readonly at: number } & (
  | { readonly kind: "word" | "phrase"; readonly text: string; readonly isPrefix: boolean }
  | { readonly kind: "operator"; readonly operator: "AND" | "OR" | "NOT" }
  | { readonly kind: "+" | "-" | "(" | ")" | "end" }
);

export class FullTextFault extends Error {
  readonly at: number;

  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

/**
 * Words, phrases, operators and parentheses; punctuation that is none of them only parts words.
 *
 * @throws FullTextFault where a phrase does not end or says nothing
 */
export function fullTextTokens(query: string): readonly FullTextToken[] {
  const tokens: FullTextToken[] = [];
  let position = 0;
  while (position < query.length) {
    const token = tokenAt(query, position);
    if (token === undefined) {
      position += 1;
      continue;
    }
    tokens.push(token.token);
    position = token.end;
  }
  return [...tokens, { kind: "end", at: query.length + 1 }];
}

interface FoundToken {
  readonly token: FullTextToken;
  readonly end: number;
}

function tokenAt(query: string, position: number): FoundToken | undefined {
  const at = position + 1;
  const character = query[position]!;
  if (character === "(" || character === ")") return { token: { kind: character, at }, end: position + 1 };
  if (character === '"') return phraseAt(query, position);
  if (character === "+" || character === "-") {
    return isModifier(query, position) ? { token: { kind: character, at }, end: position + 1 } : undefined;
  }
  const text = wordAt(query, position);
  if (text === undefined) return undefined;
  const end = position + text.length;
  const operator = operators.find((name) => name === text);
  if (operator !== undefined && standsAlone(query, position, end)) {
    return { token: { kind: "operator", operator, at }, end };
  }
  return withPrefix(query, end, { kind: "word", text, at });
}

const operators = ["AND", "OR", "NOT"] as const;

function phraseAt(query: string, position: number): FoundToken {
  const close = query.indexOf('"', position + 1);
  if (close === -1) throw new FullTextFault(position + 1, 'a phrase begins here, and no " ends it');
  const text = query.slice(position + 1, close);
  const hasWords = Array.from(text, (_, index) => index).some((index) => wordAt(text, index) !== undefined);
  if (!hasWords) throw new FullTextFault(position + 1, "a phrase needs words");
  return withPrefix(query, close + 1, { kind: "phrase", text, at: position + 1 });
}

function withPrefix(
  query: string,
  end: number,
  token: { readonly kind: "word" | "phrase"; readonly text: string; readonly at: number },
): FoundToken {
  const isPrefix = query[end] === "*";
  return { token: { ...token, isPrefix }, end: isPrefix ? end + 1 : end };
}

/** At the beginning of something, and not a hyphen or a plus between or behind words. */
const isModifier = (query: string, position: number): boolean =>
  /^[\s(]?$/u.test(query[position - 1] ?? "") &&
  (/^["(]$/u.test(query[position + 1] ?? "") || wordAt(query, position + 1) !== undefined);

const standsAlone = (query: string, start: number, end: number): boolean =>
  /^[\s()"]?$/u.test(query[start - 1] ?? "") && /^[\s()"]?$/u.test(query[end] ?? "");

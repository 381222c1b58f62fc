import { invalidArgument, limits } from "@akidb/base";
import { allOf, anyOf, type FullTextPhrase, type FullTextQuery } from "./fullTextQuery.ts";
import { FullTextFault, type FullTextToken, fullTextTokens } from "./fullTextTokens.ts";
import { soughtParts, wordAt } from "./textForm.ts";

/**
 * A full-text query as a person types it:
 *
 * ```
 * query    = branch { "OR" branch }
 * branch   = group { "AND" group | "AND" "NOT" group | "NOT" group }
 * group    = clause { clause }              documents that say any of it, or all of what has a +; twice counts twice
 * clause   = [ "+" | "-" ] ( word | word* | "phrase" | "phrase"* | "(" query ")" )
 * ```
 *
 * @param path where the query stands in the request
 * @throws AkiDbError `invalid_argument` that names the character where it cannot be understood
 */
export function parseFullText(query: string, path = "full_text"): FullTextQuery {
  requireLength(query, path);
  try {
    return new FullTextParser(fullTextTokens(query)).parse();
  } catch (error) {
    if (!(error instanceof FullTextFault)) throw error;
    throw invalidArgument(path, `cannot be understood at character ${error.at}: ${error.message}`);
  }
}

/**
 * A text that was not written as a query: documents that say any of its words, and nothing in it is an operator.
 *
 * @returns undefined where it has no words
 * @throws AkiDbError `invalid_argument` where it has too many
 */
export function anyWordOf(text: string, path: string): FullTextQuery | undefined {
  requireLength(text, path);
  const words: FullTextPhrase[] = [];
  for (let position = 0; position < text.length; ) {
    const found = wordAt(text, position);
    if (found !== undefined) words.push(...phrasesOf(found, false));
    position += found?.length ?? 1;
  }
  if (words.length === 0) return undefined;
  if (words.length <= limits.fullTextWordsMax) return anyOf(words);
  throw invalidArgument(path, `has more than ${limits.fullTextWordsMax} words`);
}

function requireLength(text: unknown, path: string): void {
  if (typeof text !== "string") throw invalidArgument(path, "must be a text");
  if (text.length <= limits.fullTextCharactersMax) return;
  throw invalidArgument(path, `must have at most ${limits.fullTextCharactersMax} characters`);
}

interface Clause {
  readonly sign: "+" | "-" | undefined;
  readonly query: FullTextQuery;
}

class FullTextParser {
  readonly #tokens: readonly FullTextToken[];
  #next = 0;
  #depthLeft: number = limits.fullTextDepthMax;

  constructor(tokens: readonly FullTextToken[]) {
    this.#tokens = tokens;
    const words = tokens.filter(({ kind }) => kind === "word" || kind === "phrase");
    const excess = words[limits.fullTextWordsMax];
    if (excess !== undefined)
      throw new FullTextFault(excess.at, `there are more than ${limits.fullTextWordsMax} words`);
  }

  parse(): FullTextQuery {
    if (this.#tokens.length === 1) throw new FullTextFault(1, "there are no words to search for");
    const query = this.#query();
    const { kind, at } = this.#token;
    if (kind !== "end") throw new FullTextFault(at, 'this ")" closes nothing');
    return query;
  }

  get #token(): FullTextToken {
    return this.#tokens[this.#next]!;
  }

  #query(): FullTextQuery {
    const branches = [this.#branch()];
    while (this.#takeOperator("OR")) branches.push(this.#branch());
    return anyOf(branches);
  }

  #branch(): FullTextQuery {
    const required = [this.#group()];
    const excluded: FullTextQuery[] = [];
    for (;;) {
      const isAnd = this.#takeOperator("AND");
      if (this.#takeOperator("NOT")) excluded.push(this.#group());
      else if (isAnd) required.push(this.#group());
      else return without(allOf(required), excluded);
    }
  }

  #group(): FullTextQuery {
    const { at } = this.#token;
    const clauses: Clause[] = [];
    for (let clause = this.#clause(); clause !== undefined; clause = this.#clause()) clauses.push(clause);
    if (clauses.length === 0)
      throw new FullTextFault(at, `expected a word, a phrase or "(", not ${this.#found()}`);
    const signed = (sign: Clause["sign"]) =>
      clauses.filter((clause) => clause.sign === sign).map(({ query }) => query);
    const [required, excluded, optional] = [signed("+"), signed("-"), signed(undefined)];
    if (required.length + optional.length === 0) {
      throw new FullTextFault(at, "something must be sought beside what is excluded");
    }
    return without(preferring(required, optional), excluded);
  }

  #clause(): Clause | undefined {
    const { kind } = this.#token;
    const sign = kind === "+" || kind === "-" ? kind : undefined;
    if (sign !== undefined) this.#next += 1;
    const query = this.#atom(sign !== undefined);
    return query === undefined ? undefined : { sign, query };
  }

  /** @param isSigned whether all of a word is meant, not parts of it */
  #atom(isSigned: boolean): FullTextQuery | undefined {
    const token = this.#token;
    switch (token.kind) {
      case "phrase":
      case "word":
        this.#next += 1;
        return token.kind === "phrase" || isSigned
          ? { kind: "phrase", words: token.text, isPrefix: token.isPrefix }
          : anyOf(phrasesOf(token.text, token.isPrefix));
      case "(":
        return this.#parenthesis(token.at);
      default:
        return undefined;
    }
  }

  #parenthesis(at: number): FullTextQuery {
    if (this.#depthLeft === 0) {
      throw new FullTextFault(at, `parentheses are nested deeper than ${limits.fullTextDepthMax} levels`);
    }
    this.#depthLeft -= 1;
    this.#next += 1;
    const query = this.#query();
    if (this.#token.kind !== ")") throw new FullTextFault(at, 'no ")" closes this "("');
    this.#next += 1;
    this.#depthLeft += 1;
    return query;
  }

  #takeOperator(operator: "AND" | "OR" | "NOT"): boolean {
    const token = this.#token;
    if (token.kind !== "operator" || token.operator !== operator) return false;
    this.#next += 1;
    return true;
  }

  #found(): string {
    const token = this.#token;
    if (token.kind === "operator") return token.operator;
    return token.kind === "end" ? "the end" : `"${token.kind}"`;
  }
}

const phrasesOf = (word: string, isPrefix: boolean): readonly FullTextPhrase[] =>
  soughtParts(word).map((words, index, { length }) => ({
    kind: "phrase",
    words,
    isPrefix: isPrefix && index === length - 1,
  }));

function preferring(required: readonly FullTextQuery[], optional: readonly FullTextQuery[]): FullTextQuery {
  if (required.length === 0) return anyOf(optional);
  if (optional.length === 0) return allOf(required);
  return { kind: "preferring", required: allOf(required), optional: anyOf(optional) };
}

const without = (from: FullTextQuery, excluded: readonly FullTextQuery[]): FullTextQuery =>
  excluded.length === 0 ? from : { kind: "except", from, excluded: anyOf(excluded) };

import { describe, expect, it } from "vitest";
import { ftsExpression } from "./ftsExpression.ts";
import { anyWordOf, parseFullText } from "./parseFullText.ts";
import { wordFormsOf } from "./wordForms.ts";

const forms = await wordFormsOf("none");
const written = (query: string): string => ftsExpression(parseFullText(query), forms).matches;

describe("a full-text query", () => {
  it.each([
    ["apple", '"apple"'],
    ["apple pie apple", '("apple" OR "pie" OR "apple")'],
    ["What's state-of-the-art?", '("What" OR "s" OR "state" OR "of" OR "the" OR "art")'],
    ['"apple pie" cider', '("apple pie" OR "cider")'],
    ['app* "red ap"*', '("app"* OR "red ap"*)'],
    ["apple AND pie", '("apple" AND "pie")'],
    ["apple pie AND NOT cider", '(("apple" OR "pie") NOT "cider")'],
    ["apple NOT pie NOT cider", '("apple" NOT ("pie" OR "cider"))'],
    ["a OR b AND c", '("a" OR ("b" AND "c"))'],
    ["(a OR b) AND c", '(("a" OR "b") AND "c")'],
    ["+a -b c", '("a" NOT "b")'],
    ["a and b or not c", '("a" OR "and" OR "b" OR "or" OR "not" OR "c")'],
    ["C++ - and + 1 * 2", '("C" OR "and" OR "1" OR "2")'],
    ['say: "it""s"', '("say" OR "it" OR "s")'],
    ["text:a {b} ^c NEAR(d, 5)", '("text" OR "a" OR "b" OR "c" OR "NEAR" OR ("d" OR "5"))'],
  ])("%s", (query, expression) => {
    expect(written(query)).toBe(expression);
  });

  it("scores by what need not be there, too", () => {
    expect(ftsExpression(parseFullText("+a b"), forms)).toEqual({ matches: '"a"', scores: '"a" OR "b"' });
  });

  it.each([
    ["", "character 1: there are no words to search for"],
    ["?! …", "character 1: there are no words to search for"],
    ["-a", "character 1: something must be sought beside what is excluded"],
    ["a OR", 'character 5: expected a word, a phrase or "(", not the end'],
    ["AND a", 'character 1: expected a word, a phrase or "(", not AND'],
    ["a AND OR b", 'character 7: expected a word, a phrase or "(", not OR'],
    ["(a b", 'character 1: no ")" closes this "("'],
    ["a) b", 'character 2: this ")" closes nothing'],
    ["()", 'character 2: expected a word, a phrase or "(", not ")"'],
    ['a "b', 'character 3: a phrase begins here, and no " ends it'],
    ['a "…"', "character 3: a phrase needs words"],
    [`${"(".repeat(40)}a`, "character 33: parentheses are nested deeper than 32 levels"],
    ["a ".repeat(1_001), "character 2001: there are more than 1000 words"],
  ])("says where %s cannot be understood", (query, message) => {
    expect(() => parseFullText(query)).toThrow(`full_text: cannot be understood at ${message}`);
  });

  it("is at most so long, and a text", () => {
    expect(() => parseFullText("a".repeat(70_000))).toThrow(/at most 65536 characters/);
    expect(() => parseFullText(7 as never, "hybrid.text")).toThrow("hybrid.text: must be a text");
  });

  it("takes nothing for an operator in a text that is not a query", () => {
    const query = anyWordOf('NOT (a OR "b AND -c', "text")!;
    expect(ftsExpression(query, forms).matches).toBe('("NOT" OR "a" OR "OR" OR "b" OR "AND" OR "c")');
    expect(anyWordOf("…", "text")).toBeUndefined();
  });
});

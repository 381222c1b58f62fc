import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type SplitRules, splitText } from "./splitText.ts";

const chunksOf = (
  text: string,
  sizeCharacters: number,
  overlapCharacters = 0,
  by: SplitRules["by"] = "sentence",
) =>
  [...splitText(text, { sizeCharacters, overlapCharacters, by })].map(({ start, end }) =>
    text.slice(start, end),
  );

it("has what it needs of this Node", () => {
  const segmenter = new Intl.Segmenter("und", { granularity: "sentence" });
  expect([...segmenter.segment("One. Two? 三。四。")].map(({ segment }) => segment)).toEqual([
    "One. ",
    "Two? ",
    "三。",
    "四。",
  ]);
});

it("puts as many whole sentences into a chunk as fit", () => {
  expect(chunksOf("First one. Second one. Third! Fourth?", 24)).toEqual([
    "First one. Second one. ",
    "Third! Fourth?",
  ]);
  expect(chunksOf("東京の天気。明日は雨です。傘を持つ。", 14)).toEqual([
    "東京の天気。明日は雨です。",
    "傘を持つ。",
  ]);
  expect(chunksOf("Short.", 24)).toEqual(["Short."]);
  expect(chunksOf("", 24)).toEqual([]);
});

it("repeats whole sentences, and where none is short enough whole words", () => {
  expect(chunksOf("First one. Second. Third one. Fourth.", 20, 10)).toEqual([
    "First one. Second. ",
    "Second. Third one. ",
    "one. Fourth.",
  ]);
  expect(chunksOf("A sentence of words. Another sentence.", 32, 12)).toEqual([
    "A sentence of words. ",
    "of words. Another sentence.",
  ]);
});

it("cuts a long sentence between words, and a long word between characters", () => {
  expect(chunksOf("one two three four. Five.", 10)).toEqual(["one two ", "three ", "four. ", "Five."]);
  expect(chunksOf("abcdefghijklmnop", 6)).toEqual(["abcdef", "ghijkl", "mnop"]);
  expect(chunksOf("😀".repeat(5), 3, 0, "word")).toEqual(["😀", "😀", "😀", "😀", "😀"]);
});

it("cuts by words alone where that is asked for", () => {
  expect(chunksOf("One. Two. Three.", 8, 0, "word")).toEqual(["One. ", "Two. ", "Three."]);
  expect(chunksOf("alpha beta gamma delta", 12, 6, "word")).toEqual([
    "alpha beta ",
    "beta gamma ",
    "gamma delta",
  ]);
});

describe("any text", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 200 }),
    fc.string({ unit: "grapheme", maxLength: 200 }),
    fc.lorem({ maxCount: 40, mode: "sentences" }),
    fc.stringMatching(/^[a-z .!?\n😀]{0,200}$/u),
  );
  const rules = fc
    .record({
      sizeCharacters: fc.integer({ min: 2, max: 60 }),
      by: fc.constantFrom("sentence" as const, "word" as const),
    })
    .chain((rule) =>
      fc
        .integer({ min: 0, max: rule.sizeCharacters - 1 })
        .map((overlapCharacters) => ({ ...rule, overlapCharacters })),
    );

  it("is what its chunks are, none too long, none repeating too much, and no character cut", () => {
    fc.assert(
      fc.property(text, rules, (drawn, rule) => {
        const chunks = [...splitText(drawn, rule)];
        expect(chunks.map(({ newFrom, end }) => drawn.slice(newFrom, end)).join("")).toBe(drawn);
        for (const [index, { start, end, newFrom }] of chunks.entries()) {
          expect(end - start).toBeLessThanOrEqual(rule.sizeCharacters);
          expect(end).toBeGreaterThan(newFrom);
          expect(newFrom).toBe(chunks[index - 1]?.end ?? 0);
          expect(newFrom - start).toBeGreaterThanOrEqual(0);
          expect(newFrom - start).toBeLessThanOrEqual(rule.overlapCharacters);
          if (drawn.isWellFormed()) expect(drawn.slice(start, end).isWellFormed()).toBe(true);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

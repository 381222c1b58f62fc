import { expect, test } from "vitest";
import { ndcg } from "./ndcg.ts";

const relevant = new Set(["a", "b", "c"]);

test("is 1 for every order that puts all relevant first", () => {
  expect(ndcg(["c", "a", "b", "x"], relevant, 10)).toBe(1);
});

test("is 0 where nothing relevant is among the first k", () => {
  expect(ndcg(["x", "y", "a"], relevant, 2)).toBe(0);
  expect(ndcg([], relevant, 10)).toBe(0);
});

test("discounts by the logarithm of the rank", () => {
  // Ranks 2 and 4 of an ideal 1, 2, 3.
  const gain = 1 / Math.log2(3) + 1 / Math.log2(5);
  const ideal = 1 + 1 / Math.log2(3) + 1 / Math.log2(4);
  expect(ndcg(["x", "a", "y", "b"], relevant, 10)).toBeCloseTo(gain / ideal, 12);
});

test("the ideal has no more than k ranks", () => {
  expect(ndcg(["a", "b"], relevant, 2)).toBe(1);
});

import { expect, it } from "vitest";
import { VectorCache } from "./vectorCache.ts";

const vector = (seed: number) => new Float32Array(16).fill(seed);

it("forgets the least recently used, and holds no more than it may", () => {
  const cache = new VectorCache(1_000);
  for (const [seed, text] of ["a", "b", "c"].entries()) cache.set(text, vector(seed), seed);
  expect(cache.get("a")).toEqual({ vector: vector(0), tokens: 0 });
  cache.set("d", vector(3), 3);
  expect(cache.get("b")).toBeUndefined();
  expect(cache.get("a")?.tokens).toBe(0);
  expect(cache.bytes).toBeLessThanOrEqual(1_000);
  cache.set("a", vector(9), 9);
  expect(cache.get("a")?.tokens).toBe(9);
});

it("keeps a copy, and nothing that is too large for it", () => {
  const cache = new VectorCache(1_000);
  const given = vector(1);
  cache.set("a", given, 1);
  given.fill(2);
  expect(cache.get("a")?.vector).toEqual(vector(1));
  cache.set("x".repeat(1_000), vector(1), 1);
  expect(cache.bytes).toBe(0);
});

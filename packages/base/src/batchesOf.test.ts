import { expect, it } from "vitest";
import { batchesOf } from "./batchesOf.ts";

const sizesOf = (characters: readonly number[]): readonly number[] =>
  [...batchesOf(characters, (each) => each)].map(({ batch }) => batch.length);

it("parts a list by number and by size, and leaves nothing out", () => {
  const MiB = 1024 * 1024;
  expect(sizesOf([])).toEqual([]);
  expect(sizesOf(Array.from({ length: 2_001 }, () => 1))).toEqual([1_000, 1_000, 1]);
  expect(sizesOf([4 * MiB, 4 * MiB, 1, 9 * MiB, 1, 1])).toEqual([2, 1, 1, 2]);
  const items = Array.from({ length: 1_500 }, (_, index) => index);
  const batches = [...batchesOf(items, () => 20_000)];
  expect(batches.flatMap(({ batch }) => batch)).toEqual(items);
  for (const { from, batch } of batches) expect(batch[0]).toBe(from);
});

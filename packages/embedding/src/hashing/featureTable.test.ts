import fc from "fast-check";
import { expect, test } from "vitest";
import { FeatureTable, featuresMax } from "./featureTable.ts";

test("sums as a Map does, in the order of first addition", () => {
  const table = new FeatureTable();
  // Few distinct low bits, so that probing runs into other keys' slots and round the end.
  const key = fc
    .tuple(fc.constantFrom(0, 1, -1, -2), fc.integer({ min: 0, max: 40 }))
    .map(([low, high]) => low ^ (high << 20));
  fc.assert(
    fc.property(fc.array(fc.tuple(key, fc.integer({ min: 1, max: 9 })), { maxLength: 300 }), (additions) => {
      const expected = new Map<number, number>();
      for (const [added, weight] of additions) {
        table.add(added, weight);
        expected.set(added, (expected.get(added) ?? 0) + weight);
      }
      const entries = Array.from({ length: table.size }, (_, i) => [table.keyAt(i), table.sumAt(i)]);
      expect(entries).toEqual([...expected]);
      table.clear();
      expect(table.size).toBe(0);
    }),
  );
});

test("holds as many features as it says", () => {
  const table = new FeatureTable();
  for (let key = 0; key < featuresMax; key++) table.add(key * 3, 1);
  for (let key = 0; key < featuresMax; key++) table.add(key * 3, 1);
  expect(table.size).toBe(featuresMax);
  expect(table.sumAt(featuresMax - 1)).toBe(2);
});

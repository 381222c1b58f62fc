import fc from "fast-check";
import { expect, test } from "vitest";
import { boundedLabel } from "./boundedLabel.ts";

test("a label has the values that came first, and one for all others", () => {
  fc.assert(
    fc.property(fc.array(fc.string()), (values) => {
      const bounded = boundedLabel(3);
      const first = [...new Set(values)].slice(0, 3);
      for (const value of values) expect(bounded(value)).toBe(first.includes(value) ? value : "other");
    }),
  );
});

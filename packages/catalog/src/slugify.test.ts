import fc from "fast-check";
import { expect, test } from "vitest";
import { slugify } from "./slugify.ts";

test.each([
  ["Acme", "acme"],
  ["Acme Corp. (EU)", "acme-corp-eu"],
  ["  --Acme--  ", "acme"],
  ["Café Zürich", "caf-z-rich"],
  ["\u212Aelvin", "elvin"],
  ["日本", ""],
  ["", ""],
])("of %j is %j", (name, slug) => {
  expect(slugify(name)).toBe(slug);
});

test("is groups of ASCII letters and digits, and its own slug", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (name) => {
      const slug = slugify(name);
      expect(slug).toMatch(/^([a-z0-9]+(-[a-z0-9]+)*)?$/);
      expect(slugify(slug)).toBe(slug);
    }),
  );
});

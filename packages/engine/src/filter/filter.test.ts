import { AkiDbError, type JsonObject, type JsonValue, limits } from "@akidb/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { matchesFilter } from "./matchesFilter.ts";
import { parseFilter } from "./parseFilter.ts";

const passes = (metadata: JsonObject, filter: JsonObject): boolean =>
  matchesFilter(metadata, parseFilter(filter));

const violationsOf = (filter: unknown): readonly string[] => {
  try {
    parseFilter(filter);
  } catch (error) {
    if (error instanceof AkiDbError) return error.violations.map(({ path }) => path);
    throw error;
  }
  return [];
};

const book = {
  title: "The Art of Computer Programming",
  year: 1968,
  isInPrint: true,
  isbn: null,
  published: "1968-01-01T00:00:00Z",
  tags: ["algorithms", "TeX"],
  author: { name: "Knuth", born: { year: 1938 } },
  volumes: [
    { number: 1, price: 60 },
    { number: 2, price: 75.5 },
  ],
  "a.b": "dotted",
  shop: { lat: 37.4, lon: -122.1 },
};

describe("what a filter means", () => {
  it.each<[string, JsonObject, boolean]>([
    ["no condition", {}, true],
    ["a bare value", { year: 1968 }, true],
    ["another type", { year: "1968" }, false],
    ["all conditions", { year: 1968, isInPrint: true }, true],
    ["one that fails", { year: 1968, isInPrint: false }, false],
    ["null is a value", { isbn: null }, true],
    ["missing is not null", { missing: null }, false],
    ["missing is not false", { missing: false }, false],
    ["null is not false", { isbn: false }, false],
    ["null exists", { isbn: { $exists: true } }, true],
    ["missing does not", { missing: { $exists: true } }, false],
    ["nested", { "author.born.year": { $lt: 1940 } }, true],
    ["an object exists", { author: { $exists: true } }, true],
    ["an element", { tags: "TeX" }, true],
    ["elements of objects", { "volumes.price": { $gt: 75 } }, true],
    ["both bounds of one element", { "volumes.price": { $gt: 61, $lt: 70 } }, false],
    ["not equal", { year: { $ne: 1969 } }, true],
    ["no element is equal", { tags: { $ne: "TeX" } }, false],
    ["not equal, as missing", { missing: { $ne: 1 } }, true],
    ["one of", { year: { $in: [1, 1968] } }, true],
    ["one of none", { year: { $in: [] } }, false],
    ["none of", { year: { $nin: [1, 2] } }, true],
    ["numbers and strings do not compare", { year: { $gt: "1900" } }, false],
    ["dates, however written", { published: "1968-01-01T01:00:00+01:00" }, true],
    ["a date is its first instant", { published: { $gte: "1968-01-01", $lt: "1968-01-02" } }, true],
    ["strings by code unit", { title: { $gt: "The" } }, true],
    ["a word", { title: { $contains: "computer" } }, true],
    ["part of a word", { title: { $contains: "comp" } }, false],
    ["all words", { title: { $contains: "programming art" } }, true],
    ["an element contained", { tags: { $contains: "algorithms" } }, true],
    ["a prefix", { title: { $prefix: "The A" } }, true],
    ["a prefix in another case", { title: { $prefix: "the a" } }, false],
    ["or", { $or: [{ year: 1 }, { year: 1968 }] }, true],
    ["and", { $and: [{ year: 1 }, { year: 1968 }] }, false],
    ["not a filter", { $not: { year: 1 } }, true],
    ["not an operator", { year: { $not: { $gt: 1960 } } }, false],
    ["not, of a missing field", { missing: { $not: { $gt: 1960 } } }, true],
    ["an escaped dot", { "a\\.b": "dotted" }, true],
    ["near", { shop: { $geo_radius: { center: { lat: 37.5, lon: -122.1 }, radius_m: 11_200 } } }, true],
    ["too far", { shop: { $geo_radius: { center: { lat: 37.5, lon: -122.1 }, radius_m: 11_000 } } }, false],
    [
      "in a box",
      { shop: { $geo_box: { top_left: { lat: 38, lon: -123 }, bottom_right: { lat: 37, lon: -122 } } } },
      true,
    ],
    [
      "in a box across the antimeridian",
      { shop: { $geo_box: { top_left: { lat: 38, lon: 170 }, bottom_right: { lat: 37, lon: -122 } } } },
      true,
    ],
    ["no point", { title: { $geo_radius: { center: { lat: 0, lon: 0 }, radius_m: 1e9 } } }, false],
  ])("%s", (_, filter, expected) => {
    expect(passes(book, filter)).toBe(expected);
  });

  it("does not find what every object inherits", () => {
    expect(passes({}, { constructor: { $exists: true } })).toBe(false);
    expect(passes({}, { "__proto__.toString": { $exists: true } })).toBe(false);
  });
});

describe("what a filter refuses", () => {
  it.each<[string, unknown, readonly string[]]>([
    ["a list", [], ["filter"]],
    ["a date object", new Date(0), ["filter"]],
    ["an unknown operator", { year: { $gtt: 1 } }, ["filter.year.$gtt"]],
    ["a field operator without a field", { $gt: 1 }, ["filter.$gt"]],
    ["an empty $or", { $or: [] }, ["filter.$or"]],
    ["no operator", { year: {} }, ["filter.year"]],
    ["a list of values", { tags: ["a"] }, ["filter.tags"]],
    ["an operand of no type", { year: { $gt: true } }, ["filter.year.$gt"]],
    ["not a number", { year: { $gt: Number.NaN } }, ["filter.year.$gt"]],
    ["bounds of two types", { year: { $gt: 1, $lt: "2" } }, ["filter.year"]],
    ["two lower bounds", { year: { $gt: 1, $gte: 2 } }, ["filter.year.$gte"]],
    ["a value inside $in", { year: { $in: [1, {}] } }, ["filter.year.$in[1]"]],
    ["$exists of something else", { year: { $exists: 1 } }, ["filter.year.$exists"]],
    ["an empty key", { "a..b": 1 }, ["filter.a..b"]],
    [
      "a point off the globe",
      { a: { $geo_radius: { center: { lat: 91, lon: 0 }, radius_m: 1 } } },
      ["filter.a.$geo_radius.center"],
    ],
    [
      "a negative radius",
      { a: { $geo_radius: { center: { lat: 0, lon: 0 }, radius_m: -1 } } },
      ["filter.a.$geo_radius.radius_m"],
    ],
    [
      "all that is wrong",
      { a: { $x: 1 }, $or: [{ b: { $prefix: 1 } }] },
      ["filter.a.$x", "filter.$or[0].b.$prefix"],
    ],
  ])("%s", (_, filter, paths) => {
    expect(violationsOf(filter)).toEqual(paths);
  });

  it("what is too deep, too wide or too long", () => {
    let deep: JsonObject = { a: 1 };
    for (let level = 0; level < limits.filterDepthMax; level++) deep = { $not: deep };
    expect(violationsOf(deep)).toHaveLength(1);
    const wide = { $or: Array.from({ length: limits.filterConditionsMax + 1 }, (_, i) => ({ a: i })) };
    expect(violationsOf(wide)).toHaveLength(1);
    expect(
      violationsOf({ a: { $in: Array.from({ length: limits.filterValuesMax + 1 }, () => 1) } }),
    ).toHaveLength(1);
  });

  it("never fails in another way, whatever it is given", () => {
    const keys = fc.constantFrom(
      "a",
      "a.b",
      "$or",
      "$not",
      "$and",
      "$gt",
      "$in",
      "$geo_box",
      "$exists",
      "$",
      "",
    );
    const { filter } = fc.letrec<{ filter: JsonValue }>((tie) => ({
      filter: fc.oneof(
        { maxDepth: 6 },
        fc.constantFrom<JsonValue>(null, true, 1, Number.NaN, "2024-01-01", "x"),
        fc.array(tie("filter"), { maxLength: 3 }),
        fc.dictionary(keys, tie("filter"), { maxKeys: 3 }),
      ),
    }));
    fc.assert(
      fc.property(filter, fc.jsonValue(), (input, document) => {
        try {
          matchesFilter({ a: document as JsonValue }, parseFilter(input));
        } catch (error) {
          expect(error).toBeInstanceOf(AkiDbError);
          expect((error as AkiDbError).code).toBe("invalid_argument");
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("dates", () => {
  it.each<[string, boolean]>([
    ["2024-02-29", true],
    ["2023-02-29", false],
    ["2024-02-29T23:59:59.123456789Z", true],
    ["2024-02-29 23:59", true],
    ["2024-02-29T24:00:00Z", false],
    ["2024-02", false],
    ["20240229", false],
    ["0001-01-01", true],
  ])("%s is a date: %s", (text, isDate) => {
    // A date equals the same instant in another zone; any other text equals itself alone.
    const twin = text.length === 10 ? `${text}T00:00:00Z` : `${text} `;
    expect(passes({ at: text }, { at: { $gte: "0001-01-01", $lte: "9999-12-31" } })).toBe(isDate);
    if (text.length === 10) expect(passes({ at: text }, { at: twin })).toBe(isDate);
  });
});

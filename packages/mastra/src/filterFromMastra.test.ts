import { AkiDbError, type JsonObject, limits } from "@akidb/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { filterFromMastra } from "./filterFromMastra.ts";

const translated = (filter: unknown): JsonObject | undefined => filterFromMastra(filter as never);
const refusalOf = (filter: unknown): AkiDbError => {
  try {
    translated(filter);
  } catch (error) {
    if (error instanceof AkiDbError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
};

const key = fc.oneof(
  fc.constantFrom("$and", "$or", "$nor", "$not", "$all", "$in", "$eq", "$gt", "$regex", "year", "__proto__"),
  fc.string({ maxLength: 3 }),
);
const { filter } = fc.letrec<{ filter: unknown; value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.anything({ maxDepth: 1, withDate: true, withBigInt: true }),
    fc.array(tie("filter"), { maxLength: 3 }),
    tie("filter"),
  ),
  filter: fc.array(fc.tuple(key, tie("value")), { maxLength: 3 }).map((each) => Object.fromEntries(each)),
}));

describe("filterFromMastra", () => {
  it("takes anything, and throws nothing but AkiDbError with a place", () => {
    fc.assert(
      fc.property(fc.oneof(filter, fc.anything()), (input) => {
        try {
          const result = translated(input);
          expect(["object", "undefined"]).toContain(typeof result);
        } catch (error) {
          expect(error).toBeInstanceOf(AkiDbError);
          const { code, violations } = error as AkiDbError;
          expect(code).toBe("invalid_argument");
          expect(violations.every(({ path }) => path.startsWith("filter"))).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("keeps the bounds of a field together, and turns the rest into filters beside them", () => {
    expect(translated({ price: { $gt: 10, $all: [1, 2], $lt: 20, $not: { $in: [15] } } })).toEqual({
      $and: [
        { price: { $gt: 10, $lt: 20 } },
        { $and: [{ price: { $eq: 1 } }, { price: { $eq: 2 } }] },
        { $not: { price: { $in: [15] } } },
      ],
    });
    expect(translated({ year: { $gte: 2020 } })).toEqual({ year: { $gte: 2020 } });
  });

  it("bounds how deep filters are, and how much of them an error names", () => {
    let deep: unknown = { year: 1 };
    for (let level = 0; level < 100_000; level++) deep = { $not: deep };
    expect(refusalOf(deep).violations).toHaveLength(1);
    expect(refusalOf(deep).message).toContain(`deeper than ${limits.filterDepthMax} levels`);
    let operators: unknown = { $eq: 1 };
    for (let level = 0; level < 100_000; level++) operators = { $not: operators };
    expect(refusalOf({ year: operators }).message).toContain("deeper");
    const wide = Object.fromEntries(Array.from({ length: 1_000 }, (_, at) => [`f${at}`, { $regex: "x" }]));
    expect(refusalOf(wide).violations).toHaveLength(100);
  });
});

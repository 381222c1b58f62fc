import { AkiDbError } from "@akidb/base";
import { FilterOperator } from "@llamaindex/core/vector-store";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { filterFromLlamaIndex } from "./filterFromLlamaIndex.ts";

const odd = fc.anything({ maxDepth: 2, withDate: true, withBigInt: true });
const filter = fc.record(
  {
    key: fc.oneof(fc.constantFrom("year", "$or", ""), odd),
    operator: fc.oneof(fc.constantFrom(...Object.values(FilterOperator)), odd),
    value: fc.oneof(fc.string(), fc.array(fc.integer()), odd),
  },
  { requiredKeys: [] },
);

describe("filterFromLlamaIndex", () => {
  it("takes anything, and throws nothing but AkiDbError with a place", () => {
    const filters = fc.record(
      {
        filters: fc.oneof(fc.array(fc.oneof(filter, odd)), odd),
        condition: fc.oneof(fc.constant("or"), odd),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(filters, (input) => {
        try {
          const result = filterFromLlamaIndex(input as never);
          expect(["object", "undefined"]).toContain(typeof result);
        } catch (error) {
          expect(error).toBeInstanceOf(AkiDbError);
          const { code, violations } = error as AkiDbError;
          expect(code).toBe("invalid_argument");
          expect(violations.every(({ path }) => path.startsWith("filters."))).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("knows every operator that LlamaIndex has", () => {
    for (const operator of Object.values(FilterOperator)) {
      const values = ["x", ["x"]].filter((value) => {
        try {
          return filterFromLlamaIndex({ filters: [{ key: "a", operator, value }] }) !== undefined;
        } catch {
          return false;
        }
      });
      expect(values, operator).not.toEqual([]);
    }
  });
});

import type { JsonObject, JsonValue } from "@akidb/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { matchesFilter } from "../filter/matchesFilter.ts";
import { parseFilter } from "../filter/parseFilter.ts";
import { indexedCharactersMax } from "./fieldIndex.ts";
import { PayloadIndex } from "./payloadIndex.ts";
import { hasRow } from "./rowBitset.ts";
import { isExact } from "./rowSets.ts";

const long = "long ".repeat(indexedCharactersMax / 4);
const scalar = fc.oneof(
  fc.constantFrom<JsonValue>(
    null,
    true,
    false,
    0,
    -0,
    1,
    -1,
    1.5,
    2 ** 40,
    "",
    "a",
    "ab",
    "b c",
    "2024-01-01",
  ),
  fc.constantFrom<JsonValue>("2024-01-01T00:00:00+01:00", "2024-01-02T00:00:00Z", long, `${long}x`, "B"),
  fc.integer({ min: -3, max: 3 }),
);
const latitude = fc.constantFrom(-90, -89.99, -1, 0, 0.001, 1, 45, 89.9, 90);
const longitude = fc.constantFrom(-180, -179.9, -1, 0, 0.001, 1, 90, 179.9, 180);
const point = fc.record({ lat: latitude, lon: longitude });
const key = fc.constantFrom("a", "b", "c.d", "e\\f");
const { value } = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    scalar,
    point,
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(key, tie("value"), { maxKeys: 2 }),
  ),
}));
const metadata = fc.dictionary(key, value, { maxKeys: 3 }) as fc.Arbitrary<JsonObject>;

const path = fc.constantFrom("a", "b", "a.b", "b.a", "c\\.d", "a.e\\\\f", "missing");
const bound = fc.oneof(
  fc.integer({ min: -2, max: 2 }),
  fc.constantFrom("2024-01-01", "a", "b", "2024-01-02"),
);
const test = fc.oneof(
  scalar.map((operand) => ({ $eq: operand })),
  scalar.map((operand) => ({ $ne: operand })),
  fc.array(scalar, { maxLength: 3 }).map((operands) => ({ $in: operands })),
  fc.array(scalar, { maxLength: 3 }).map((operands) => ({ $nin: operands })),
  fc.boolean().map((exists) => ({ $exists: exists })),
  bound.map((operand) => ({ $gt: operand })),
  bound.map((operand) => ({ $gte: operand })),
  bound.map((operand) => ({ $lt: operand })),
  fc.integer({ min: -2, max: 1 }).map((from) => ({ $gt: from, $lte: from + 1 })),
  scalar.map((operand) => ({ $contains: operand })),
  fc.constantFrom("", "a", "lo", "2024").map((prefix) => ({ $prefix: prefix })),
  fc
    .record({ center: point, radius_m: fc.constantFrom(0, 100, 12_000, 200_000, 5e6, 2.1e7) })
    .map((radius) => ({ $geo_radius: radius })),
  fc.tuple(latitude, latitude, longitude, longitude).map(([a, b, west, east]) => ({
    $geo_box: {
      top_left: { lat: Math.max(a, b), lon: west },
      bottom_right: { lat: Math.min(a, b), lon: east },
    },
  })),
) as fc.Arbitrary<JsonObject>;
const { filter } = fc.letrec<{ filter: JsonObject }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.tuple(path, test).map(([field, operators]) => ({ [field]: operators })),
    fc.array(tie("filter"), { minLength: 1, maxLength: 3 }).map((filters) => ({ $and: filters })),
    fc.array(tie("filter"), { minLength: 1, maxLength: 3 }).map((filters) => ({ $or: filters })),
    tie("filter").map((each) => ({ $not: each })),
  ) as fc.Arbitrary<JsonObject>,
}));

interface Options {
  readonly fieldsMax: number;
  readonly distinctMax: number;
}

function checkAgainstDocuments(
  options: Options,
  documents: readonly JsonObject[],
  wanted: JsonObject,
): boolean {
  const index = new PayloadIndex(options);
  const rows = new Map(documents.entries());
  for (const [row, document] of rows) index.add(row, document);
  // Every third document is replaced in its place.
  for (const [row, document] of documents.entries()) {
    if (row % 3 !== 0) continue;
    const patched = documents[documents.length - 1 - row]!;
    index.remove(row, document);
    index.add(row, patched);
    rows.set(row, patched);
  }
  const parsed = parseFilter(wanted);
  const found = index.find(parsed, documents.length);
  for (const [row, document] of rows) {
    const passes = matchesFilter(document, parsed);
    if (passes) expect(hasRow(found.upper, row)).toBe(true);
    else expect(hasRow(found.lower, row)).toBe(false);
    if (isExact(found)) expect(hasRow(found.lower, row)).toBe(passes);
  }
  return isExact(found);
}

describe("the payload index agrees with a look at every document", () => {
  const documents = fc.array(metadata, { minLength: 1, maxLength: 40 });

  it("with room for all", () => {
    let exactCount = 0;
    let count = 0;
    fc.assert(
      fc.property(documents, filter, (all, wanted) => {
        count += 1;
        if (checkAgainstDocuments({ fieldsMax: 100, distinctMax: 100 }, all, wanted)) exactCount += 1;
      }),
      { numRuns: 2_000 },
    );
    expect(exactCount / count).toBeGreaterThan(0.8);
  });

  it("with more texts than a dictionary takes", () => {
    fc.assert(
      fc.property(documents, filter, (all, wanted) => {
        checkAgainstDocuments({ fieldsMax: 100, distinctMax: 2 }, all, wanted);
      }),
      { numRuns: 1_000 },
    );
  });

  it("with more fields than get an index", () => {
    fc.assert(
      fc.property(documents, filter, (all, wanted) => {
        checkAgainstDocuments({ fieldsMax: 2, distinctMax: 100 }, all, wanted);
      }),
      { numRuns: 1_000 },
    );
  });
});

it("holds many rows of many values, and finds each", () => {
  const index = new PayloadIndex({ fieldsMax: 10, distinctMax: 1_000 });
  const rowCount = 20_000;
  const document = (row: number): JsonObject => ({
    n: (row * 7_919) % rowCount,
    few: `t${row % 7}`,
    many: `text ${row}`,
    at: { lat: ((row * 37) % 1_700) / 10 - 85, lon: ((row * 53) % 3_500) / 10 - 175 },
  });
  for (let row = 0; row < rowCount; row++) index.add(row, document(row));
  for (let row = 0; row < rowCount; row += 2) index.remove(row, document(row));
  for (const wanted of [
    { n: { $gte: 100, $lt: 5_000 } },
    { few: "t3" },
    { few: { $ne: "t3" }, n: { $lt: 10_000 } },
    { many: "text 1235" },
    { at: { $geo_box: { top_left: { lat: 10, lon: -20 }, bottom_right: { lat: -10, lon: 40 } } } },
    { at: { $geo_radius: { center: { lat: 50, lon: 179 }, radius_m: 900_000 } } },
  ]) {
    const parsed = parseFilter(wanted);
    const found = index.find(parsed, rowCount);
    for (let row = 0; row < rowCount; row++) {
      const passes = row % 2 === 1 ? matchesFilter(document(row), parsed) : matchesFilter({}, parsed);
      if (hasRow(found.lower, row) !== passes && !(passes && hasRow(found.upper, row))) {
        expect.fail(`row ${row} and ${JSON.stringify(wanted)}`);
      }
    }
  }
});

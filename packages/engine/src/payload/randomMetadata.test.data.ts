import type { JsonObject, JsonValue } from "@akidb/base";
import fc from "fast-check";
import { indexedCharactersMax } from "./fieldIndex.ts";

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
/** Of few keys and values, so that documents have much in common. */
export const metadata = fc.dictionary(key, value, { maxKeys: 3 }) as fc.Arbitrary<JsonObject>;

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
export const { filter } = fc.letrec<{ filter: JsonObject }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.tuple(path, test).map(([field, operators]) => ({ [field]: operators })),
    fc.array(tie("filter"), { minLength: 1, maxLength: 3 }).map((filters) => ({ $and: filters })),
    fc.array(tie("filter"), { minLength: 1, maxLength: 3 }).map((filters) => ({ $or: filters })),
    tie("filter").map((each) => ({ $not: each })),
  ) as fc.Arbitrary<JsonObject>,
}));

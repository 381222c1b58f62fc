import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonObject, JsonValue } from "./json.ts";
import { mergePatch } from "./mergePatch.ts";

const name = fc.constantFrom("a", "b", "c", "__proto__", "constructor", "toString", "0");
const { object } = fc.letrec<{ value: JsonValue; object: JsonObject }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom<JsonValue>(null, 1, "x", true, [], [null], [{ a: null }]),
    tie("object"),
  ),
  object: fc
    .array(fc.tuple(name, tie("value")), { maxLength: 4 })
    .map((entries) => Object.fromEntries(entries) as JsonObject),
}));

/** RFC 7396, section 2, over lists of members. */
function byTheBook(target: JsonValue | undefined, patch: JsonValue): JsonValue {
  const isObject = (value: JsonValue | undefined): value is JsonObject =>
    typeof value === "object" && value !== null && !Array.isArray(value);
  if (!isObject(patch)) return patch;
  const members = isObject(target) ? Object.entries(target) : [];
  for (const [key, value] of Object.entries(patch)) {
    const at = members.findIndex(([other]) => other === key);
    const merged = value === null ? [] : [[key, byTheBook(members[at]?.[1], value)] as [string, JsonValue]];
    members.splice(at === -1 ? members.length : at, at === -1 ? 0 : 1, ...merged);
  }
  return Object.fromEntries(members) as JsonObject;
}

/** With the names that `toEqual` does not look at. */
const textOf = (value: JsonValue): string => JSON.stringify(value);

describe("a merge patch", () => {
  it("does what RFC 7396 says, and changes neither of its arguments", () => {
    fc.assert(
      fc.property(fc.option(object, { nil: undefined }), object, (target, patch) => {
        const before = textOf([target ?? null, patch]);
        expect(textOf(mergePatch(target, patch))).toBe(textOf(byTheBook(target, patch)));
        expect(textOf([target ?? null, patch])).toBe(before);
      }),
      { numRuns: 1_000 },
    );
  });

  it("applied again changes nothing more", () => {
    fc.assert(
      fc.property(object, object, (target, patch) => {
        const once = mergePatch(target, patch);
        expect(textOf(mergePatch(once, patch))).toBe(textOf(once));
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    // Of RFC 7396, appendix A, those whose documents are objects.
    ['{"a":"b"}', '{"a":"c"}', '{"a":"c"}'],
    ['{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'],
    ['{"a":"b"}', '{"a":null}', "{}"],
    ['{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'],
    ['{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'],
    ['{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'],
    ['{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'],
    ['{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'],
    ['{"e":null}', '{"a":1}', '{"e":null,"a":1}'],
    ["{}", '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'],
  ])("of %s by %s is %s", (target, patch, result) => {
    expect(textOf(mergePatch(JSON.parse(target), JSON.parse(patch)))).toBe(result);
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findJsonFault } from "./jsonFault.ts";

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

describe("the first fault of a text that is not JSON", () => {
  test.each([
    ["", 0, "ends too early"],
    ['{"a": x}', 6, "needs a value here"],
    ['{"a": 01}', 6, "needs a value here"],
    ['{"a": NaN}', 6, "needs a value here"],
    ['{"a" 1}', 5, 'needs ":" here'],
    ['{"a"', 4, "ends too early"],
    ["{a: 1}", 1, "needs a name in double quotes here"],
    ['{"a": 1,}', 8, "needs a name in double quotes here"],
    ['{"a": 1 "b"}', 8, 'needs "," or "}" here'],
    ["[1,]", 3, "needs a value here"],
    ["[1, 2", 5, "ends too early"],
    ["[1}", 2, 'needs "," or "]" here'],
    ["[] []", 3, "has more after its end"],
    ['["abc', 5, "ends within a string"],
    ['["a\nb"]', 3, "has an unescaped control character in a string"],
    ['["a\\x"]', 3, "has an unknown escape in a string"],
    ['["\\u12"]', 2, "has an unknown escape in a string"],
  ])("%j is at %i", (text, offset, detail) => {
    expect(isJson(text)).toBe(false);
    expect(findJsonFault(text)).toEqual({ offset, detail });
  });

  test("is where another character would make the text JSON, or where it is to be cut or continued", () => {
    const damagedJson = fc
      .tuple(fc.json({ maxDepth: 3 }), fc.nat(), fc.constantFrom("", ...'{}[],:"\\ x1-.e\u0000'))
      .map(([json, position, character]) => {
        const at = position % json.length;
        return json.slice(0, at) + character + json.slice(at + 1);
      })
      .filter((text) => !isJson(text));
    fc.assert(
      fc.property(damagedJson, (text) => {
        const { offset } = findJsonFault(text);
        expect(offset).toBeLessThanOrEqual(text.length);
        expect(canContinue(text.slice(0, offset))).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test("is found in a text nested as deep as can be", () => {
    expect(findJsonFault("[".repeat(1_000_000))).toEqual({ offset: 1_000_000, detail: "ends too early" });
  });
});

/** Whether some end makes it JSON: brackets are closed by the oracle, everything else by a short list. */
function canContinue(prefix: string): boolean {
  const ends = ["", "1", "null", '"', '":1', '"":1', '":1', ":1", "0", "e1", 'u0000"', '"":0'];
  const wanted: string[] = [];
  let inString = false;
  for (let i = 0; i < prefix.length; i++) {
    const character = prefix[i]!;
    if (inString) {
      if (character === "\\") i += 1;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === "{") wanted.push("}");
    else if (character === "[") wanted.push("]");
    else if (character === "}" || character === "]") wanted.pop();
  }
  const close = wanted.reverse().join("");
  return ends.some((end) => isJson(prefix + end + close));
}

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeBase64, decodePlainly, encodeBase64, encodePlainly } from "./base64.ts";

describe.each([
  { name: "with Node's help", encode: encodeBase64, decode: decodeBase64 },
  { name: "plainly", encode: encodePlainly, decode: decodePlainly },
])("base64 $name", ({ encode, decode }) => {
  it("encodes as Node does, and decodes what it encoded", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
        const text = encode(bytes);
        expect(text).toBe(Buffer.from(bytes).toString("base64"));
        expect([...(decode(text) ?? [])]).toEqual([...bytes]);
      }),
    );
  });

  it("decodes a text exactly if it is the encoding of some bytes", () => {
    const almostBase64 = fc.string({ unit: fc.constantFrom(..."AZaz09+/=-_ \nQé"), maxLength: 12 });
    fc.assert(
      fc.property(almostBase64, (text) => {
        const isCanonical = Buffer.from(text, "base64").toString("base64") === text;
        expect(decode(text) !== undefined).toBe(isCanonical);
      }),
      { numRuns: 2_000, examples: [["AA=A"], ["===="], ["A==="], ["AB=="], ["AAB="], ["AA=="], [""]] },
    );
  });
});

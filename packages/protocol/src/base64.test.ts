import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeBase64, encodeBase64 } from "./base64.ts";

test("encodes as Node does, and decodes what it encoded", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
      const text = encodeBase64(bytes);
      expect(text).toBe(Buffer.from(bytes).toString("base64"));
      expect(decodeBase64(text)).toEqual(bytes);
    }),
  );
});

test("decodes a text exactly if it is the encoding of some bytes", () => {
  const almostBase64 = fc.string({ unit: fc.constantFrom(..."AZaz09+/=-_ \nQé"), maxLength: 12 });
  fc.assert(
    fc.property(almostBase64, (text) => {
      const isCanonical = Buffer.from(text, "base64").toString("base64") === text;
      expect(decodeBase64(text) !== undefined).toBe(isCanonical);
    }),
    { numRuns: 2_000, examples: [["AA=A"], ["===="], ["A==="], ["AB=="], ["AAB="], ["AA=="], [""]] },
  );
});

import fc from "fast-check";
import { expect, it } from "vitest";
import { TextTokenizer } from "./textTokenizer.ts";
import { tinyTokenizer, tokensOf, vocabulary } from "./tinyModel.test.support.ts";

const reading = (tokensMax: number) => new TextTokenizer(tinyTokenizer, {}, tokensMax);

it("gives what WordPiece by the book gives", () => {
  const words = fc.array(fc.stringMatching(/^[a-z0-9]{1,12}$/), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(words, (drawn) => {
      const text = drawn.join(" ");
      expect(reading(512).tokenize(text)).toEqual({ ids: [...tokensOf(text)], isTruncated: false });
    }),
  );
});

it("of a long text reads the beginning, as if it had read it all", () => {
  const words = fc.array(
    fc.constantFrom("lazy", "dog", "afterwards", "x", "  ", "\n", "é", "q".repeat(300)),
    {
      minLength: 1,
      maxLength: 50,
    },
  );
  fc.assert(
    fc.property(words, fc.integer({ min: 3, max: 40 }), (drawn, tokensMax) => {
      const text = Array(20).fill(drawn.join(" ")).join(" ");
      const whole = reading(1e6).tokenize(text).ids;
      const { ids, isTruncated } = reading(tokensMax).tokenize(text);
      expect(isTruncated).toBe(whole.length > tokensMax);
      const expected = isTruncated ? [...whole.slice(0, tokensMax - 1), vocabulary.get("[SEP]")] : whole;
      expect(ids).toEqual(expected);
    }),
    { numRuns: 60 },
  );
});

it("refuses a bound without room for a text", () => {
  expect(() => reading(2)).toThrow("2 tokens leave no room for a text");
});

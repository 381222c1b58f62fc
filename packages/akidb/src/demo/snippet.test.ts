import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { highlight, questionWords, snippet } from "./snippet.ts";

const words = questionWords("How do I change the PORT, and the ports?");
const mark = (word: string): string => `<${word}>`;

describe("questionWords", () => {
  it("leaves out what says nothing about the subject", () => {
    expect([...words]).toEqual(["change", "port", "ports"]);
  });
});

describe("highlight", () => {
  it("marks the question's words, in any case and with endings", () => {
    expect(highlight("Port 8080: changes nothing, the portal", words, mark)).toBe(
      "<Port> 8080: <changes> nothing, the <portal>",
    );
  });
});

describe("snippet", () => {
  it("is the whole text where that is short", () => {
    expect(snippet("a\n  b", words, 10)).toBe("a b");
  });

  it("is where the words of the question are", () => {
    const filler = "lorem ipsum ".repeat(50);
    expect(snippet(`${filler}the port can change here ${filler}`, words, 80)).toMatch(
      /^… .*the port can change here.* …$/,
    );
  });

  it("is never much longer than asked for, and of the text", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 400 }), fc.integer({ min: 20, max: 200 }), (text, charactersMax) => {
        const shown = snippet(`${text} port ${text}`, words, charactersMax);
        expect(shown.length).toBeLessThanOrEqual(charactersMax + "… ".length + " …".length);
      }),
    );
  });
});

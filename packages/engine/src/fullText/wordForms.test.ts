import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { textLanguages } from "@akidb/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isStemmed, type StemmedLanguage } from "./stemmedLanguage.ts";
import { tokenizerForm, wordsAndGaps } from "./textForm.ts";
import { unstemmed } from "./unstemmed.ts";
import { wordFormsOf } from "./wordForms.ts";

/** Words of each language with their stems, as Snowball's own implementation in Python (3.1.1) gives them. */
const golden = JSON.parse(
  readFileSync(fileURLToPath(new URL("golden/stems.json", import.meta.url)), "utf8"),
) as Record<StemmedLanguage, Readonly<Record<string, string>>>;

describe("forms of words", () => {
  it("are there for every language that has stems", () => {
    expect(Object.keys(golden).sort()).toEqual(textLanguages.filter(isStemmed).toSorted());
  });

  it.each(Object.keys(golden) as StemmedLanguage[])("are Snowball's in %s", async (language) => {
    const { formOf } = await wordFormsOf(language);
    const words = Object.keys(golden[language]);
    const stems = Object.values(golden[language]).join(" ");
    expect(formOf(words.join(" "))).toBe(stems);
    expect(formOf(words.map((word) => word.normalize("NFD")).join(", "))).toBe(stems);
  });

  it("are left alone where they are numbers, names with numbers, or longer than words are", async () => {
    const { formOf } = await wordFormsOf("german");
    const long = "häuser".repeat(20);
    expect(formOf(`2026 Häuser, v2er Häuser! ${long}`)).toBe(`2026 haus v2er haus ${long}`);
    expect(formOf("🤖東京のHäuser")).toBe("東 京 の haus");
    for (const language of ["none", "english"] as const) {
      expect((await wordFormsOf(language)).formOf("Houses 東京")).toBe(tokenizerForm("Houses 東京"));
    }
  });

  it("leave the last word of a prefix as it is", async () => {
    expect((await wordFormsOf("german")).prefixFormOf("alte Häuser")).toBe("alt häuser");
    expect((await wordFormsOf("german")).prefixFormOf("STRAß")).toBe("strass");
    expect((await wordFormsOf("turkish")).prefixFormOf("IŞI")).toBe("ışı");
    expect((await wordFormsOf("russian")).prefixFormOf("Жёлт")).toBe("желт");
    expect((await wordFormsOf("none")).prefixFormOf("alte Häuser")).toBe("alte Häuser");
  });
});

it("marks of stems are marks of whole words of the text", () => {
  const stemOf = (word: string): string =>
    word.slice(0, 1 + (word.length >> 1)) + (word.length % 3 === 0 ? "xyz" : "");
  const text = fc
    .array(fc.oneof(fc.stringMatching(/^[a-cäß]{1,8}$/), fc.constantFrom(" ", ", ", "\u2028", "-", "😀")))
    .map((pieces) => pieces.join(""));
  fc.assert(
    fc.property(text, fc.infiniteStream(fc.nat({ max: 2 })), (whole, choices) => {
      const pieces = wordsAndGaps(whole);
      // A mark begins and ends at words, or within them.
      const [marked, expected]: [string[], string[]] = [[""], [""]];
      const isOpen = (): boolean => marked.length % 2 === 0;
      for (const [index, piece] of pieces.entries()) {
        const isOuter = index === 0 || index === pieces.length - 1;
        const stem = index % 2 === 1 ? stemOf(piece) : isOuter ? "" : " ";
        const { value: choice = 0 } = index % 2 === 1 ? choices.next() : { value: 0 };
        if (isOpen() && index === pieces.length - 1) {
          marked.push("");
          expected.push("");
        }
        if (index % 2 === 0 || choice === 0) {
          marked.push(marked.pop()! + stem);
          expected.push(expected.pop()! + piece);
          continue;
        }
        const cut = isOpen()
          ? stem.length - (choice - 1) * (stem.length >> 1)
          : (choice - 1) * (stem.length >> 1);
        marked.push(marked.pop()! + stem.slice(0, cut), stem.slice(cut));
        if (isOpen()) expected.push(expected.pop()!, piece);
        else expected.push(expected.pop()! + piece, "");
      }
      expect(unstemmed(whole, marked, stemOf)).toEqual(expected);
    }),
  );
});

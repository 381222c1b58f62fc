import { expect, test } from "vitest";
import { characterClass, classOf } from "./characterClass.ts";

test.each([
  ["letter", "aZß9éπд٣ก\u{10400}"],
  ["dense", "漢々あアー한\u{20bb7}🎉❤🇩"],
  ["mark", "\u0301\ufe0f\u0e31"],
  ["separator", " _-'.\u3000、\u200d\ud800 \udc00"],
] as const)("%s", (name, characters) => {
  for (const character of characters)
    expect(classOf(character.codePointAt(0)!), character).toBe(characterClass[name]);
});

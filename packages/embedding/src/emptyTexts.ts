import type { FieldViolation } from "@akidb/base";

/** Every text that is empty or white space, as `texts[3]`. */
export function emptyTexts(texts: readonly string[]): FieldViolation[] {
  return texts.flatMap((text, index) => {
    const detail = emptiness(text);
    return detail === undefined ? [] : [{ path: `texts[${index}]`, detail }];
  });
}

/** Undefined where there is something in the text. */
export function emptiness(text: string): string | undefined {
  if (text === "") return "must not be empty";
  return text.trim() === "" ? "must not be white space only" : undefined;
}

/** Overrides of text direction, which could turn the rest of a line around. */
const directionOverrides = /[\u202a-\u202e\u2066-\u2069]/g;

/** Text of documents in one line, without the control characters that could move the cursor or colour the screen. */
export const printable = (text: string): string =>
  text
    .replace(/[\s\p{Cc}]+/gu, " ")
    .replace(directionOverrides, "")
    .trim();

/** The same with its line breaks and spaces. */
export const printableLines = (text: string): string =>
  text
    .replace(/\r\n/g, "\n")
    .replace(/\t/g, "  ")
    .replace(/(?!\n)\p{Cc}/gu, " ")
    .replace(directionOverrides, "")
    .trimEnd();

/** At most `charactersMax` characters, the last of them `…` where something was left out. */
export function shorten(text: string, charactersMax: number): string {
  if (text.length <= charactersMax) return text;
  // A cut through a surrogate pair would leave half a character.
  return `${text.slice(0, charactersMax - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}

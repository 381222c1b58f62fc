/** Of one call, but for a single text that is longer: programs and servers take no request of any length. */
export const batchCharactersMax = 256 * 1024;

/** Start and end of each call's texts. */
export function* textBatches(
  texts: readonly string[],
  batchSize: number,
): Generator<readonly [start: number, end: number]> {
  let start = 0;
  let characters = 0;
  for (const [index, text] of texts.entries()) {
    const isFull = index - start === batchSize || characters + text.length > batchCharactersMax;
    if (index > start && isFull) {
      yield [start, index];
      start = index;
      characters = 0;
    }
    characters += text.length;
  }
  if (start < texts.length) yield [start, texts.length];
}

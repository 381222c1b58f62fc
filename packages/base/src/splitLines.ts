/** One line of a stream, without its end. */
export type StreamLine =
  | { readonly kind: "line"; readonly number: number; readonly bytes: Uint8Array }
  /** Longer than is allowed; its bytes were dropped as they came. */
  | { readonly kind: "too long"; readonly number: number };

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/**
 * Cuts a stream of bytes at line feeds (and carriage returns before them), holding no more than one line. Bytes, not
 * text, because a chunk may end within a character.
 */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array>,
  lineBytesMax: number,
): AsyncGenerator<StreamLine> {
  let number = 1;
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  const take = (): StreamLine => {
    const tooLong = heldBytes > lineBytesMax;
    const bytes = held.length === 1 ? held[0]! : concatenate(held);
    held = [];
    heldBytes = 0;
    if (tooLong) return { kind: "too long", number: number++ };
    const end = bytes.at(-1) === carriageReturn ? bytes.length - 1 : bytes.length;
    return { kind: "line", number: number++, bytes: bytes.subarray(0, end) };
  };
  const hold = (part: Uint8Array): void => {
    heldBytes += part.length;
    if (heldBytes > lineBytesMax) held = [];
    else held.push(part);
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, start)) {
      hold(chunk.subarray(start, end));
      yield take();
      start = end + 1;
    }
    if (start < chunk.length) hold(chunk.subarray(start));
  }
  if (heldBytes > 0) yield take();
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

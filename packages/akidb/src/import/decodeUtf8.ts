const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lenient = new TextDecoder("utf-8", { ignoreBOM: true });

export const invalidUtf8 = "is not valid UTF-8";

/** @returns undefined where the bytes are not UTF-8 */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Whatever can be shown of it: bytes that are not UTF-8 become U+FFFD. */
export const decodeUtf8Leniently = (bytes: Uint8Array): string => lenient.decode(bytes);

const bomBytes = 3;

/** The bytes without a byte order mark at their start. */
export const withoutBom = (bytes: Uint8Array): Uint8Array =>
  bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;

/** The same for bytes that come in chunks of any size. */
export async function* withoutBomAtStart(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let start: Uint8Array | undefined = new Uint8Array();
  for await (const chunk of chunks) {
    if (start === undefined) {
      yield chunk;
      continue;
    }
    start = Buffer.concat([start, chunk]);
    if (start.length < bomBytes) continue;
    yield withoutBom(start);
    start = undefined;
  }
  if (start !== undefined) yield start;
}

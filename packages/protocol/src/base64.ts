const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const padding = "=".charCodeAt(0);

/** Alphabet by six bits. */
const codeOfSextet = Uint8Array.from(alphabet, (character) => character.charCodeAt(0));

/** Six bits by ASCII code; 64 where the code is not of the alphabet. */
const sextetOfCode = new Uint8Array(128).fill(64);
for (const [sextet, code] of codeOfSextet.entries()) sextetOfCode[code] = sextet;

interface NativeBytes extends Uint8Array<ArrayBuffer> {
  toString(encoding?: "base64"): string;
}

/** Node's, Bun's and Deno's: ten times as fast, and not strict, so what it decodes is encoded again and compared. */
const native = (
  globalThis as {
    readonly Buffer?: {
      from(text: string, encoding: "base64"): NativeBytes;
      from(buffer: ArrayBufferLike, offset: number, length: number): NativeBytes;
    };
  }
).Buffer;

/** RFC 4648 §4, padded. Written here because browsers and Node have no strict decoder in common. */
export function encodeBase64(bytes: Uint8Array): string {
  return native === undefined
    ? encodePlainly(bytes)
    : native.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64");
}

/** @returns undefined unless `text` is padded base64 of the standard alphabet, without spaces or stray bits */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (native === undefined) return decodePlainly(text);
  const bytes = native.from(text, "base64");
  return bytes.toString("base64") === text ? bytes : undefined;
}

/** As {@link encodeBase64} without Node's help: the oracle of its test. */
export function encodePlainly(bytes: Uint8Array): string {
  const codes = new Uint8Array(Math.ceil(bytes.length / 3) * 4).fill(padding);
  let at = 0;
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    const triple = (bytes[i]! << 16) | (left > 1 ? bytes[i + 1]! << 8 : 0) | (left > 2 ? bytes[i + 2]! : 0);
    codes[at] = codeOfSextet[triple >>> 18]!;
    codes[at + 1] = codeOfSextet[(triple >>> 12) & 63]!;
    if (left > 1) codes[at + 2] = codeOfSextet[(triple >>> 6) & 63]!;
    if (left > 2) codes[at + 3] = codeOfSextet[triple & 63]!;
    at += 4;
  }
  return new TextDecoder().decode(codes);
}

/** As {@link decodeBase64} without Node's help. */
export function decodePlainly(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (text.length % 4 !== 0) return undefined;
  const padded = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padded);
  const wholeEnd = padded === 0 ? text.length : text.length - 4;
  let at = 0;
  let seen = 0;
  for (let i = 0; i < wholeEnd; i += 4) {
    const a = sextetAt(text, i);
    const b = sextetAt(text, i + 1);
    const c = sextetAt(text, i + 2);
    const d = sextetAt(text, i + 3);
    seen |= a | b | c | d;
    bytes[at++] = (a << 2) | (b >>> 4);
    bytes[at++] = (b << 4) | (c >>> 2);
    bytes[at++] = (c << 6) | d;
  }
  if (padded > 0) {
    const a = sextetAt(text, wholeEnd);
    const b = sextetAt(text, wholeEnd + 1);
    const c = padded === 1 ? sextetAt(text, wholeEnd + 2) : 0;
    const strayBits = padded === 1 ? c & 3 : b & 15;
    if (strayBits !== 0) return undefined;
    seen |= a | b | c;
    bytes[at++] = (a << 2) | (b >>> 4);
    if (padded === 1) bytes[at] = (b << 4) | (c >>> 2);
  }
  return seen < 64 ? bytes : undefined;
}

const sextetAt = (text: string, index: number): number => sextetOfCode[text.charCodeAt(index)] ?? 64;

import { damaged } from "./parquetFileError.ts";

/**
 * Snappy's raw format. Own code, because those of hyparquet and snappyjs take a literal's length of four bytes as signed
 * and can be made to run for ever, and copy byte by byte.
 *
 * @param length of the result
 */
export function snappyDecompress(input: Uint8Array, length: number): Uint8Array {
  const output = new Uint8Array(length);
  let at = 0;
  while (byteAt(input, at++) >= 0x80) if (at > 5) throw damaged("has a bad Snappy header");
  let filled = 0;
  while (at < input.length) {
    const tag = input[at++]!;
    const kind = tag & 3;
    if (kind === 0) {
      let count = (tag >>> 2) + 1;
      if (count > 60) {
        const width = count - 60;
        count = littleEndian(input, at, width) + 1;
        at += width;
      }
      if (at + count > input.length || filled + count > length) throw damaged("has a bad Snappy literal");
      output.set(input.subarray(at, at + count), filled);
      at += count;
      filled += count;
      continue;
    }
    const count = kind === 1 ? ((tag >>> 2) & 7) + 4 : (tag >>> 2) + 1;
    const width = kind === 1 ? 1 : kind === 2 ? 2 : 4;
    const distance = littleEndian(input, at, width) + (kind === 1 ? (tag >>> 5) * 256 : 0);
    at += width;
    if (distance === 0 || distance > filled || filled + count > length)
      throw damaged("has a bad Snappy copy");
    if (distance >= count) output.copyWithin(filled, filled - distance, filled - distance + count);
    else for (let i = 0; i < count; i++) output[filled + i] = output[filled + i - distance]!;
    filled += count;
  }
  if (filled !== length) throw damaged(`has a Snappy page of ${filled} bytes that says ${length}`);
  return output;
}

function littleEndian(bytes: Uint8Array, at: number, width: number): number {
  let value = 0;
  for (let i = 0; i < width; i++) value += byteAt(bytes, at + i) * 256 ** i;
  return value;
}

function byteAt(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw damaged("has a Snappy page that is cut short");
  return byte;
}

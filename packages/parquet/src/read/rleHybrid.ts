import { damaged } from "./parquetFileError.ts";

/**
 * Decodes the hybrid of run lengths and bit packing, into levels or indexes of a dictionary. Never more than
 * `output.length` values, whatever the runs say; fewer than that is damage.
 *
 * @returns bytes read
 */
export function decodeRleHybrid(
  bytes: Uint8Array,
  bitWidth: number,
  output: Uint8Array | Uint32Array,
): number {
  if (bitWidth > 32) throw damaged(`has values of ${bitWidth} bits`);
  let at = 0;
  let filled = 0;
  while (filled < output.length) {
    let header = 0;
    let scale = 1;
    let byte: number;
    do {
      byte = byteAt(bytes, at++);
      header += (byte & 0x7f) * scale;
      scale *= 128;
      if (scale > 2 ** 42) throw damaged("has a run whose length does not end");
    } while (byte >= 0x80);
    if (header % 2 === 0) {
      const end = Math.min(output.length, filled + header / 2);
      if (end === filled) throw damaged("has an empty run");
      let value = 0;
      for (let shift = 0; shift < bitWidth; shift += 8) value |= byteAt(bytes, at++) << shift;
      output.fill(value >>> 0, filled, end);
      filled = end;
    } else {
      const count = Math.min(((header - 1) / 2) * 8, output.length - filled);
      if (count === 0) throw damaged("has an empty run");
      unpack(bytes.subarray(at), bitWidth, output.subarray(filled, filled + count));
      at += ((header - 1) / 2) * bitWidth;
      filled += count;
    }
  }
  return at;
}

function unpack(bytes: Uint8Array, bitWidth: number, output: Uint8Array | Uint32Array): void {
  if (bytes.length * 8 < output.length * bitWidth) throw damaged("ends within a run");
  if (bitWidth === 8) {
    output.set(bytes.subarray(0, output.length));
    return;
  }
  let bits = 0;
  let bitCount = 0;
  let at = 0;
  const modulus = 2 ** bitWidth;
  // At most 31 + 8 bits wait, which a double holds exactly.
  for (let i = 0; i < output.length; i++) {
    while (bitCount < bitWidth) {
      bits += bytes[at++]! * 2 ** bitCount;
      bitCount += 8;
    }
    output[i] = bits % modulus;
    bits = Math.floor(bits / modulus);
    bitCount -= bitWidth;
  }
}

function byteAt(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw damaged("ends within a run");
  return byte;
}

/** x³² + … of CRC32C, bits reversed as the checksums' are. */
const polynomial = 0x82f6_3b78;

/** x⁰, bits reversed. */
const one = 0x8000_0000;

export interface ChecksummedPart {
  readonly checksum: number;
  readonly bytes: number;
}

/**
 * CRC32C of parts one after the other, from the parts' own checksums: appending n bytes multiplies a checksum by x^(8n)
 * in the field of the polynomial (as zlib's `crc32_combine` does). Some microseconds, no pass over the bytes.
 */
export function joinedChecksum(parts: readonly ChecksummedPart[]): number {
  const shifts = new Map<number, number>();
  let joined = 0;
  for (const { checksum, bytes } of parts) {
    const shift = shifts.get(bytes) ?? powerOfX(8 * bytes);
    shifts.set(bytes, shift);
    joined = (product(shift, joined) ^ checksum) >>> 0;
  }
  return joined;
}

function powerOfX(exponent: number): number {
  let power = one;
  let square = one >>> 1;
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) power = product(square, power);
    square = product(square, square);
  }
  return power;
}

function product(a: number, b: number): number {
  let sum = 0;
  let shifted = b;
  for (let bit = 31; bit >= 0; bit--) {
    if ((a >>> bit) & 1) sum ^= shifted;
    shifted = shifted & 1 ? (shifted >>> 1) ^ polynomial : shifted >>> 1;
  }
  return sum >>> 0;
}

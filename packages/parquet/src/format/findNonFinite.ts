/** @returns the index of the first NaN or infinity, −1 if there is none */
export function findNonFinite(floats: Float32Array): number {
  const words = new Uint32Array(floats.buffer, floats.byteOffset, floats.length);
  // The exponent of IEEE 754 is all ones in these alone.
  for (let i = 0; i < words.length; i++) if ((words[i]! & 0x7f800000) === 0x7f800000) return i;
  return -1;
}

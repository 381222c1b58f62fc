/**
 * The kernels in plain TypeScript: what they compute, said as simply as it can be. Oracles of the tests, and of the
 * self-test by which a runtime shows that it computes WebAssembly rightly.
 */
export function dotFloatTwin(probe: Float32Array, row: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < probe.length; i++) sum += probe[i]! * row[i]!;
  return sum;
}

export function squaredFloatTwin(probe: Float32Array, row: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < probe.length; i++) sum += (probe[i]! - row[i]!) ** 2;
  return sum;
}

/** @param probe −127..127 @param row 0..127 */
export function dotSevenBitTwin(probe: Int8Array, row: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < probe.length; i++) sum += probe[i]! * row[i]!;
  return sum;
}

/**
 * @param planes rows of signs, as many as the probe has bits
 * @param row one bit per component, set where it is negative
 */
export function dotOneBitTwin(planes: readonly Uint8Array[], row: Uint8Array): number {
  const sign = (bits: Uint8Array, i: number): number => ((bits[i >>> 3]! >>> (i & 7)) & 1 ? -1 : 1);
  let sum = 0;
  for (const [plane, bits] of planes.entries()) {
    for (let i = 0; i < row.length * 8; i++) sum += 2 ** plane * sign(bits, i) * sign(row, i);
  }
  return sum;
}

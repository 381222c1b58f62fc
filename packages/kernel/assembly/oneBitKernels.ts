/**
 * A row is one bit per component: its sign. A probe is one or four planes of such rows: component i is
 * Σⱼ 2ʲ · (±1 of plane j), so four planes hold the odd integers −15..15. The dot product of signs with a probe is then
 * Σⱼ 2ʲ · (width − 2 · hamming(row, plane j)).
 *
 * Scalar popcounts: x86 below AVX-512 has no vector one, and V8's substitute for it was never faster.
 *
 * @param width a multiple of 128
 */
export function dotOneBit(probe: usize, row: usize, width: u32, planes: i32): i32 {
  const bytes = width >> 3;
  let dot = 0;
  for (let plane = 0; plane < planes; plane++) {
    let even: i64 = 0, odd: i64 = 0;
    for (let at: u32 = 0; at < bytes; at += 16) {
      even += popcnt(load<i64>(row + at) ^ load<i64>(probe + at));
      odd += popcnt(load<i64>(row + at, 8) ^ load<i64>(probe + at, 8));
    }
    dot += (<i32>width - (<i32>(even + odd) << 1)) << plane;
    probe += bytes;
  }
  return dot;
}

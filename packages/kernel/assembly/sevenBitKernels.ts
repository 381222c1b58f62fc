import { sumIntegers } from "./laneSums";

/**
 * A row is one byte per component, 0..127; a probe is signed, −127..127, as bytes for the relaxed build and as 16-bit
 * words for the base build, which would otherwise widen it again for every row.
 *
 * `relaxed_dot_i8x16_i7x16_add_s` is exact here on every processor: where the second operand has no high bit, the
 * standard leaves only the overflow of a pair's sum open, and 2 · 127 · 127 < 2¹⁵.
 */
export const probeBytesPerComponent: u32 = RELAXED ? 1 : 2;

/** Dot products of one probe with four rows. @param width a multiple of 32 */
export function dotSevenBitFour(probe: usize, a: usize, b: usize, c: usize, d: usize, width: u32): v128 {
  let a0 = i32x4.splat(0), b0 = a0, c0 = a0, d0 = a0;
  if (RELAXED) {
    let a1 = a0, b1 = a0, c1 = a0, d1 = a0;
    for (const end = probe + width; probe < end; ) {
      let x = v128.load(probe);
      a0 = i32x4.relaxed_dot_i8x16_i7x16_add_s(x, v128.load(a), a0);
      b0 = i32x4.relaxed_dot_i8x16_i7x16_add_s(x, v128.load(b), b0);
      c0 = i32x4.relaxed_dot_i8x16_i7x16_add_s(x, v128.load(c), c0);
      d0 = i32x4.relaxed_dot_i8x16_i7x16_add_s(x, v128.load(d), d0);
      x = v128.load(probe, 16);
      a1 = i32x4.relaxed_dot_i8x16_i7x16_add_s(x, v128.load(a, 16), a1);
      b1 = i32x4.relaxed_dot_i8x16_i7x16_add_s(x, v128.load(b, 16), b1);
      c1 = i32x4.relaxed_dot_i8x16_i7x16_add_s(x, v128.load(c, 16), c1);
      d1 = i32x4.relaxed_dot_i8x16_i7x16_add_s(x, v128.load(d, 16), d1);
      probe += 32; a += 32; b += 32; c += 32; d += 32;
    }
    return sumIntegers(i32x4.add(a0, a1), i32x4.add(b0, b1), i32x4.add(c0, c1), i32x4.add(d0, d1));
  }
  for (const end = probe + width * 2; probe < end; ) {
    let x = v128.load(probe);
    a0 = addWidened(a0, a, x); b0 = addWidened(b0, b, x); c0 = addWidened(c0, c, x); d0 = addWidened(d0, d, x);
    x = v128.load(probe, 16);
    a0 = addWidened(a0, a + 8, x); b0 = addWidened(b0, b + 8, x); c0 = addWidened(c0, c + 8, x); d0 = addWidened(d0, d + 8, x);
    probe += 32; a += 16; b += 16; c += 16; d += 16;
  }
  return sumIntegers(a0, b0, c0, d0);
}

// @ts-ignore: decorator
@inline
function addWidened(sum: v128, row: usize, probe: v128): v128 {
  return i32x4.add(sum, i32x4.dot_i16x8_s(v128.load_ext<u8>(row), probe));
}

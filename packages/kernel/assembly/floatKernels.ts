import { sumFloats } from "./laneSums";

// @ts-ignore: decorator
@inline
function multiplyAdd(a: v128, b: v128, sum: v128): v128 {
  if (RELAXED) return f32x4.relaxed_madd(a, b, sum);
  return f32x4.add(f32x4.mul(a, b), sum);
}

// @ts-ignore: decorator
@inline
function addTerm<L2>(sum: v128, row: v128, probe: v128): v128 {
  if (isBoolean<L2>()) {
    const difference = f32x4.sub(row, probe);
    return multiplyAdd(difference, difference, sum);
  }
  return multiplyAdd(row, probe, sum);
}

/**
 * Dot products (`L2` = i32) or squared distances (`L2` = bool) of one probe with four rows.
 *
 * @param bytes of a row, a multiple of 32
 */
// @ts-ignore: decorator
@inline
function sumFour<L2>(probe: usize, a: usize, b: usize, c: usize, d: usize, bytes: u32): v128 {
  let a0 = f32x4.splat(0), b0 = a0, c0 = a0, d0 = a0;
  let a1 = a0, b1 = a0, c1 = a0, d1 = a0;
  for (const end = probe + bytes; probe < end; ) {
    let x = v128.load(probe);
    a0 = addTerm<L2>(a0, v128.load(a), x);
    b0 = addTerm<L2>(b0, v128.load(b), x);
    c0 = addTerm<L2>(c0, v128.load(c), x);
    d0 = addTerm<L2>(d0, v128.load(d), x);
    x = v128.load(probe, 16);
    a1 = addTerm<L2>(a1, v128.load(a, 16), x);
    b1 = addTerm<L2>(b1, v128.load(b, 16), x);
    c1 = addTerm<L2>(c1, v128.load(c, 16), x);
    d1 = addTerm<L2>(d1, v128.load(d, 16), x);
    probe += 32; a += 32; b += 32; c += 32; d += 32;
  }
  return sumFloats(f32x4.add(a0, a1), f32x4.add(b0, b1), f32x4.add(c0, c1), f32x4.add(d0, d1));
}

export function dotFloatFour(probe: usize, a: usize, b: usize, c: usize, d: usize, bytes: u32): v128 {
  return sumFour<i32>(probe, a, b, c, d, bytes);
}

export function squaredFloatFour(probe: usize, a: usize, b: usize, c: usize, d: usize, bytes: u32): v128 {
  return sumFour<bool>(probe, a, b, c, d, bytes);
}

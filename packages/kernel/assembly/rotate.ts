import { rotationRounds, signs, width } from "./segment";

/**
 * Turns a vector in place by a fixed random rotation, so that whatever dimension carries much is spread evenly over all
 * and codes of few bits serve every kind of data alike. Lengths and dot products stay.
 *
 * Rounds of random sign flips and fast Walsh–Hadamard transforms (Ailon & Chazelle 2009) over the first and the last 2ⁿ
 * components in turn, where 2ⁿ is the largest power of two that fits. O(width · log width).
 *
 * @param vector f32 × width
 */
export function rotate(vector: usize): void {
  const span: u32 = 1 << (31 - clz(width));
  for (let round: u32 = 0; round < rotationRounds; round++) {
    flipSigns(vector, signs + ((<usize>round * width) << 2));
    transform(round & 1 ? vector + ((width - span) << 2) : vector, span);
  }
}

/** @param flips i32 × width, each 0 or the sign bit of an f32 */
function flipSigns(vector: usize, flips: usize): void {
  for (const end = vector + (width << 2); vector < end; vector += 16, flips += 16) {
    v128.store(vector, v128.xor(v128.load(vector), v128.load(flips)));
  }
}

/** @param span a power of two, at least 4 */
function transform(vector: usize, span: u32): void {
  const end = vector + (span << 2);
  const norm = f32x4.splat(<f32>(1.0 / Math.sqrt(span)));
  for (let at = vector; at < end; at += 16) {
    let x = f32x4.mul(v128.load(at), norm);
    x = f32x4.add(v128.shuffle<f32>(x, x, 1, 0, 3, 2), f32x4.mul(x, f32x4(1, -1, 1, -1)));
    x = f32x4.add(v128.shuffle<f32>(x, x, 2, 3, 0, 1), f32x4.mul(x, f32x4(1, 1, -1, -1)));
    v128.store(at, x);
  }
  for (let half: usize = 16; half < span << 2; half <<= 1) {
    for (let block = vector; block < end; block += half << 1) {
      for (let at = block; at < block + half; at += 16) {
        const x = v128.load(at);
        const y = v128.load(at + half);
        v128.store(at, f32x4.add(x, y));
        v128.store(at + half, f32x4.sub(x, y));
      }
    }
  }
}

import * as header from "../src/headerWords";
import { fillGroup } from "./arrays";
import { countRanked } from "./effort";
import { dotFloatFour, squaredFloatFour } from "./floatKernels";
import { dotOneBit } from "./oneBitKernels";
import { factorsAt, metric, rowAt, rowBytes, width } from "./segment";
import { batchRanks, batchRows } from "./scratch";
import { dotSevenBitFour } from "./sevenBitKernels";

// Everything is ranked against the current probe; smaller is nearer. With s a row's scale and n its squared norm,
//
//   rank = (probeNorm + n) − probeScale · s · (dot(probe, row) − probeOffset)
//
// is the squared distance (cosine works on normalised vectors; probeScale carries the factor 2) or, where n is 0, the
// negative inner product. Squared distances of codes tell near rows apart better than their dot products do: the error
// of quantisation is multiplied by the distance instead of by the length.
//
// The codec is a type: u8 = seven-bit codes, f32 = plain floats, bool = one-bit codes.

let probe: usize = 0;
let probeScale: f32 = 0;
let probeOffset: i32 = 0;
let probeNorm: f32 = 0;
let probePlanes: i32 = 0;

export function setProbe(code: usize, scale: f32, offset: i32, norm: f32, planes: i32): void {
  probe = code;
  probeScale = scale;
  probeOffset = offset;
  probeNorm = norm;
  probePlanes = planes;
}

/** Ranks of four rows, f32x4. */
// @ts-ignore: decorator
@inline
function floatRanks<C>(a: u32, b: u32, c: u32, d: u32): v128 {
  const pa = rowAt(a), pb = rowAt(b), pc = rowAt(c), pd = rowAt(d);
  let dots: v128;
  if (isBoolean<C>()) {
    let sums = i32x4.splat(dotOneBit(probe, pa, width, probePlanes));
    sums = i32x4.replace_lane(sums, 1, dotOneBit(probe, pb, width, probePlanes));
    sums = i32x4.replace_lane(sums, 2, dotOneBit(probe, pc, width, probePlanes));
    sums = i32x4.replace_lane(sums, 3, dotOneBit(probe, pd, width, probePlanes));
    dots = f32x4.convert_i32x4_s(sums);
  } else if (isFloat<C>()) {
    if (metric == header.metricL2) return squaredFloatFour(probe, pa, pb, pc, pd, rowBytes);
    dots = dotFloatFour(probe, pa, pb, pc, pd, rowBytes);
  } else {
    const sums = dotSevenBitFour(probe, pa, pb, pc, pd, rowBytes);
    dots = f32x4.convert_i32x4_s(i32x4.sub(sums, i32x4.splat(probeOffset)));
  }
  const ab = v128.load64_lane(factorsAt(b), v128.load64_zero(factorsAt(a)), 1);
  const cd = v128.load64_lane(factorsAt(d), v128.load64_zero(factorsAt(c)), 1);
  const scales = v128.shuffle<f32>(ab, cd, 0, 2, 4, 6);
  const norms = v128.shuffle<f32>(ab, cd, 1, 3, 5, 7);
  return f32x4.sub(
    f32x4.add(norms, f32x4.splat(probeNorm)),
    f32x4.mul(f32x4.mul(dots, scales), f32x4.splat(probeScale)),
  );
}

/** Ranks of four rows as i32x4 that sort as the floats do. */
// @ts-ignore: decorator
@inline
export function rankFour<C>(a: u32, b: u32, c: u32, d: u32): v128 {
  const ranks = floatRanks<C>(a, b, c, d);
  return v128.xor(ranks, v128.and(i32x4.shr_s(ranks, 31), i32x4.splat(0x7fffffff)));
}

export function rankOne<C>(row: u32): i32 {
  return i32x4.extract_lane(rankFour<C>(row, row, row, row), 0);
}

/** Ranks `batchRows` into `batchRanks`, which has room for three more. A last group that is not full repeats a row. */
export function rankBatch<C>(count: u32): void {
  if (count == 0) return;
  countRanked(count);
  fillGroup(batchRows, count);
  for (let at: usize = 0; at < <usize>count << 2; at += 16) {
    const group = batchRows + at;
    v128.store(
      batchRanks + at,
      rankFour<C>(load<u32>(group), load<u32>(group, 4), load<u32>(group, 8), load<u32>(group, 12)),
    );
  }
}

import * as header from "../src/headerWords";
import { center, codec, dimension, factorsAt, metric, rotationRounds, rowAt, rowBytes, width } from "./segment";
import { input, probeCode, rotated } from "./scratch";
import { probeBytesPerComponent } from "./sevenBitKernels";
import { setProbe } from "./rank";
import { rotate } from "./rotate";

/** Planes of a one-bit segment's query. */
const queryPlanes: i32 = 4;
/** Beyond this multiple of the first row's length, components are clamped, so that no square overflows an f32. */
const componentMax: f64 = 1e17;

/**
 * A power of two that brings the segment's first row to a length in [½, 1): f32 arithmetic then neither overflows nor
 * vanishes, whatever the unit of the vectors, and scaling by it is exact.
 */
export function unit(): f64 {
  const exponent = atomic.load<u32>(header.unitWord << 2);
  return exponent == 0 ? 1 : reinterpret<f64>(<u64>exponent << 52);
}

function setUnit(norm: f64): void {
  if (norm == 0 || atomic.load<u32>(header.unitWord << 2) != 0) return;
  const exponent = <i32>(reinterpret<u64>(norm) >> 52);
  atomic.store<u32>(header.unitWord << 2, 1023 + (1022 - exponent));
}

/** Euclidean length of the input, which the host pads with zeros to the segment's width. */
function inputNorm(): f64 {
  let even = f64x2.splat(0), odd = even;
  for (let at = input; at < input + (dimension << 2); at += 16) {
    const x = v128.load(at);
    const low = f64x2.promote_low_f32x4(x);
    const high = f64x2.promote_low_f32x4(v128.shuffle<i32>(x, x, 2, 3, 2, 3));
    even = f64x2.add(even, f64x2.mul(low, low));
    odd = f64x2.add(odd, f64x2.mul(high, high));
  }
  const sums = f64x2.add(even, odd);
  return Math.sqrt(f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1));
}

/** rotated = input · factor, clamped; less the segment's centre where `centered`. */
function scaleInput(factor: f64, centered: bool): void {
  const centerScale = f32x4.splat(metric == header.metricCosine ? 1 : <f32>unit());
  const factors = f64x2.splat(factor), most = f64x2.splat(componentMax), least = f64x2.splat(-componentMax);
  for (let at: usize = 0; at < <usize>width << 2; at += 16) {
    const x = v128.load(input + at);
    const low = f64x2.mul(f64x2.promote_low_f32x4(x), factors);
    const high = f64x2.mul(f64x2.promote_low_f32x4(v128.shuffle<i32>(x, x, 2, 3, 2, 3)), factors);
    const scaled = v128.shuffle<i32>(
      f32x4.demote_f64x2_zero(f64x2.max(f64x2.min(low, most), least)),
      f32x4.demote_f64x2_zero(f64x2.max(f64x2.min(high, most), least)),
      0, 1, 4, 5,
    );
    v128.store(rotated + at, centered ? f32x4.sub(scaled, f32x4.mul(v128.load(center + at), centerScale)) : scaled);
  }
}

function largestComponent(): f32 {
  let most = f32x4.splat(0);
  for (let at = rotated; at < rotated + (width << 2); at += 16) most = f32x4.max(most, f32x4.abs(v128.load(at)));
  return max(
    max(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1)),
    max(f32x4.extract_lane(most, 2), f32x4.extract_lane(most, 3)),
  );
}

/** The input as row `row`: code, scale and norm. */
export function encodeRow(row: u32): void {
  const norm = inputNorm();
  setUnit(norm);
  if (codec == header.codecFloat) {
    scaleInput(unit(), false);
    memory.copy(rowAt(row), rotated, rowBytes);
    const length = norm * unit();
    if (metric == header.metricCosine) storeFactors(row, length > 0 ? <f32>(1 / length) : 0, 1);
    else storeFactors(row, 1, 0);
    return;
  }
  scaleInput(metric == header.metricCosine ? inverse(norm) : unit(), true);
  rotate(rotated);
  if (codec == header.codecSevenBit) encodeSevenBitRow(row);
  else encodeOneBitRow(row);
}

function inverse(norm: f64): f64 {
  return norm > 0 ? 1 / norm : 0;
}

function storeFactors(row: u32, scale: f32, norm: f32): void {
  const factors = factorsAt(row);
  store<f32>(factors, scale);
  store<f32>(factors, metric == header.metricDot ? 0 : norm, 4);
}

/** Components in steps of a 63rd of the largest, plus 64. */
function encodeSevenBitRow(row: u32): void {
  const most = largestComponent();
  const steps = f32x4.splat(most > 1e-30 ? 63 / most : 0);
  const code = rowAt(row);
  let squares = 0;
  for (let i: usize = 0; i < width; i += 4) {
    const c = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(rotated + (i << 2)), steps)));
    const p = i32x4.mul(c, c);
    squares += i32x4.extract_lane(p, 0) + i32x4.extract_lane(p, 1) + i32x4.extract_lane(p, 2) + i32x4.extract_lane(p, 3);
    const shifted = i32x4.add(c, i32x4.splat(64));
    const words = i16x8.narrow_i32x4_s(shifted, shifted);
    v128.store32_lane(code + i, i8x16.narrow_i16x8_u(words, words), 0);
  }
  const scale: f32 = most / 63;
  // A zero vector has cosine 0 with everything: as far from a unit vector as one at right angles to it.
  const isZero = metric == header.metricCosine && most == 0;
  storeFactors(row, scale, isZero ? 1 : scale * scale * <f32>squares);
}

/**
 * Signs, and as scale |x|² / Σ|xᵢ|: with it the product of signs and query estimates the inner product without bias
 * (RaBitQ, Gao & Long 2024).
 */
function encodeOneBitRow(row: u32): void {
  let squares: f32 = 0, sum: f32 = 0;
  const code = rowAt(row);
  for (let byte: usize = 0; byte < width >> 3; byte++) {
    const at = rotated + (byte << 5);
    store<u8>(code + byte, i32x4.bitmask(v128.load(at)) | (i32x4.bitmask(v128.load(at, 16)) << 4));
    for (let i: usize = 0; i < 32; i += 4) {
      const x = load<f32>(at + i);
      squares += x * x;
      sum += abs(x);
    }
  }
  const isZero = metric == header.metricCosine && sum == 0;
  storeFactors(row, sum > 0 ? squares / sum : 0, isZero ? 1 : squares);
}

/** The input as the probe of a search. A query's own norm does not change the order, so it is left out. */
export function aimAtInput(): void {
  const cosine = metric == header.metricCosine;
  scaleInput(cosine ? inverse(inputNorm()) : unit(), codec != header.codecFloat && metric != header.metricDot);
  const factor: f32 = metric == header.metricDot ? 1 : 2;
  if (codec == header.codecFloat) {
    setProbe(rotated, factor, 0, cosine ? 1 : 0, 0);
    return;
  }
  rotate(rotated);
  const most = largestComponent();
  if (codec == header.codecSevenBit) aimAtSevenBits(most, factor);
  else aimAtOneBit(most, factor);
}

/** Squared length of the probe that the input became: what its codes' ranks, but for those of floats, leave out. */
export function probeSquares(): f32 {
  let sum: f32 = 0;
  for (let i: usize = 0; i < width; i++) sum += load<f32>(rotated + (i << 2)) * load<f32>(rotated + (i << 2));
  return sum;
}

/** Components in steps of a 127th of the largest, signed. */
function aimAtSevenBits(most: f32, factor: f32): void {
  const steps = f32x4.splat(most > 1e-30 ? 127 / most : 0);
  let sums = i32x4.splat(0);
  for (let i: usize = 0; i < width; i += 4) {
    const c = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(rotated + (i << 2)), steps)));
    sums = i32x4.add(sums, c);
    const words = i16x8.narrow_i32x4_s(c, c);
    if (RELAXED) v128.store32_lane(probeCode + i, i8x16.narrow_i16x8_s(words, words), 0);
    else v128.store64_lane(probeCode + (i << 1), words, 0);
  }
  setProbe(probeCode, (factor * most) / 127, offsetOf(sums), 0, 0);
}

/** What the rows' shift by 64 adds to a dot product with a probe. */
function offsetOf(probeSums: v128): i32 {
  const lanes = i32x4.extract_lane(probeSums, 0) + i32x4.extract_lane(probeSums, 1);
  return (lanes + i32x4.extract_lane(probeSums, 2) + i32x4.extract_lane(probeSums, 3)) << 6;
}

/** Components as odd integers −15..15 in steps of a 15th of the largest: bit j of (c + 15) / 2 is plane j's sign. */
function aimAtOneBit(most: f32, factor: f32): void {
  const steps: f32 = most > 1e-30 ? 7.5 / most : 0;
  const planeBytes: usize = width >> 3;
  for (let byte: usize = 0; byte < planeBytes; byte++) {
    const low = planesOf(rotated + (byte << 5), steps);
    const high = planesOf(rotated + (byte << 5) + 16, steps);
    for (let plane = 0; plane < queryPlanes; plane++) {
      const bits = i32x4.bitmask(i32x4.shl(low, 31 - plane)) | (i32x4.bitmask(i32x4.shl(high, 31 - plane)) << 4);
      store<u8>(probeCode + <usize>plane * planeBytes + byte, bits);
    }
  }
  setProbe(probeCode, (factor * most) / 15, 0, 0, queryPlanes);
}

/** A row's bit is set for a negative component, so the planes of a probe are complemented. */
// @ts-ignore: decorator
@inline
function planesOf(components: usize, steps: f32): v128 {
  const scaled = f32x4.add(f32x4.mul(v128.load(components), f32x4.splat(steps)), f32x4.splat(7.5));
  const c = i32x4.trunc_sat_f32x4_s(f32x4.nearest(scaled));
  return i32x4.sub(i32x4.splat(15), i32x4.min_s(i32x4.max_s(c, i32x4.splat(0)), i32x4.splat(15)));
}

/** A row's own code as the probe, at full comparability: ranks are then distances between rows. */
export function aimAtRow<C>(row: u32): void {
  const factors = factorsAt(row);
  const scale = load<f32>(factors), norm = load<f32>(factors, 4);
  const factor: f32 = metric == header.metricDot ? 1 : 2;
  if (isFloat<C>()) {
    setProbe(rowAt(row), metric == header.metricCosine ? factor * scale : factor, 0, norm, 0);
  } else if (isBoolean<C>()) {
    // Two signs of Gaussians: their product overestimates by π / 2 where the rows are equal.
    setProbe(rowAt(row), factor * scale * <f32>(2 / Math.PI), 0, norm, 1);
  } else {
    setProbe(probeCode, factor * scale, unshiftRow(rowAt(row)), norm, 0);
  }
}

/** Makes a seven-bit row a signed probe. @returns the probe's offset */
function unshiftRow(code: usize): i32 {
  let sums = i32x4.splat(0);
  for (let i: usize = 0; i < width; i += 16) {
    const c = i8x16.sub(v128.load(code + i), i8x16.splat(64));
    sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_s(i16x8.extadd_pairwise_i8x16_s(c)));
    if (probeBytesPerComponent == 1) {
      v128.store(probeCode + i, c);
    } else {
      v128.store(probeCode + (i << 1), i16x8.extend_low_i8x16_s(c));
      v128.store(probeCode + (i << 1), i16x8.extend_high_i8x16_s(c), 16);
    }
  }
  return offsetOf(sums);
}

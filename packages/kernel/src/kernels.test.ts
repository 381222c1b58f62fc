import { SeededRandom } from "@akidb/base";
import { describe, expect, it } from "vitest";
import { readKernelFiles } from "./adapters/kernelFiles.ts";
import { type KernelBuild, kernelBuilds } from "./kernel.ts";
import { kernelCalls } from "./kernelCalls.ts";
import { dotFloatTwin, dotOneBitTwin, dotSevenBitTwin, squaredFloatTwin } from "./kernelTwins.ts";
import { selfTest } from "./selfTest.ts";

const files = readKernelFiles();
const kernelOf = (build: KernelBuild) => ({ build, module: new WebAssembly.Module(files[build]) });
/** All that are small, and of the others so many that every remainder of what the kernels step by is among them. */
const upTo4096 = Array.from({ length: 4_096 }, (_, i) => i + 1).filter(
  (n) => n <= 300 || n % 7 === 0 || n > 4_064,
);
const padded = (dimension: number, step: number) => Math.ceil(dimension / step) * step;

/** Rows as a segment has them: `dimension` components and zeros up to what the kernels step by. */
function floats(random: SeededRandom, dimension: number, scale = 1): Float32Array {
  const row = new Float32Array(padded(dimension, 8));
  for (let i = 0; i < dimension; i++) row[i] = scale * random.nextGaussian();
  return row;
}

/**
 * Of a sum of n products, in any order and with or without fused multiply-add, the error is below n · ε · Σ|aᵢbᵢ|
 * (Higham 2002, §3.1); ε = 2⁻²⁴ for f32. The twins sum in f64.
 */
const errorBound = (terms: number, magnitude: number) => (terms + 2) * 2 ** -24 * magnitude;

describe.each(kernelBuilds)("kernels of the %s build", (build) => {
  const calls = kernelCalls(kernelOf(build));

  it("pass the self-test", () => {
    expect(selfTest(kernelOf(build))).toBe(true);
  });

  it("sum seven-bit products exactly at dimensions up to 4,096", () => {
    const random = new SeededRandom(7);
    for (const dimension of upTo4096) {
      const width = padded(dimension, 32);
      const probe = Int8Array.from({ length: width }, () => random.nextInt(255) - 127);
      const rows = Array.from({ length: 4 }, () => Uint8Array.from(probe, () => random.nextInt(128)));
      const twins = rows.map((row) => dotSevenBitTwin(probe, row));
      expect([...calls.dotSevenBitFour(probe, rows)], `dimension ${dimension}`).toEqual(twins);
    }
  });

  it("sum the extremes of seven bits exactly", () => {
    const most = new Uint8Array(4_096).fill(127);
    const rows = [most, new Uint8Array(4_096), most.map((_, i) => (i % 2) * 127), most];
    for (const fill of [-127, 127]) {
      const probe = new Int8Array(4_096).fill(fill);
      const sum = fill * 127 * 4_096;
      expect([...calls.dotSevenBitFour(probe, rows)]).toEqual([sum, 0, sum / 2, sum]);
    }
  });

  it("sum signs exactly at widths up to 4,096, with one plane and with four", () => {
    const random = new SeededRandom(8);
    const bits = (width: number) => Uint8Array.from({ length: width / 8 }, () => random.nextInt(256));
    for (let width = 128; width <= 4_096; width += 128) {
      const row = bits(width);
      const planes = [bits(width), bits(width), bits(width), bits(width)];
      expect(calls.dotOneBit(planes, row)).toBe(dotOneBitTwin(planes, row));
      expect(calls.dotOneBit([row], row)).toBe(width);
      expect(
        calls.dotOneBit(
          [row],
          row.map((byte) => ~byte),
        ),
      ).toBe(-width);
    }
  });

  it("sum floats within the bound of rounding at dimensions up to 4,096", () => {
    const random = new SeededRandom(9);
    for (const dimension of upTo4096) {
      const probe = floats(random, dimension);
      const rows = Array.from({ length: 4 }, () => floats(random, dimension));
      const dots = calls.dotFloatFour(probe, rows);
      const squares = calls.squaredFloatFour(probe, rows);
      for (const [i, row] of rows.entries()) {
        const magnitude = dotFloatTwin(probe.map(Math.abs), row.map(Math.abs));
        const dotError = Math.abs(dots[i]! - dotFloatTwin(probe, row));
        expect(dotError).toBeLessThanOrEqual(errorBound(dimension, magnitude));
        const squared = squaredFloatTwin(probe, row);
        expect(Math.abs(squares[i]! - squared)).toBeLessThanOrEqual(errorBound(dimension + 2, squared));
      }
    }
  });

  it("keep tiny and large floats apart", () => {
    const random = new SeededRandom(10);
    for (const scale of [1e-15, 1e15]) {
      const probe = floats(random, 512, scale);
      const rows = Array.from({ length: 4 }, () => floats(random, 512, scale));
      const squares = calls.squaredFloatFour(probe, rows);
      for (const [i, row] of rows.entries()) {
        const squared = squaredFloatTwin(probe, row);
        expect(Math.abs(squares[i]! / squared - 1)).toBeLessThan(errorBound(514, 1));
      }
    }
  });
});

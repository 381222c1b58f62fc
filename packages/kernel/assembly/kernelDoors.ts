import * as floats from "./floatKernels";
import * as sevenBits from "./sevenBitKernels";

// The kernels for tests and the self-test: four results are stored where the host can read them.

export function dotFloatFour(out: usize, probe: usize, rows: usize, bytes: u32): void {
  v128.store(out, floats.dotFloatFour(probe, rows, rows + bytes, rows + bytes * 2, rows + bytes * 3, bytes));
}

export function squaredFloatFour(out: usize, probe: usize, rows: usize, bytes: u32): void {
  v128.store(out, floats.squaredFloatFour(probe, rows, rows + bytes, rows + bytes * 2, rows + bytes * 3, bytes));
}

export function dotSevenBitFour(out: usize, probe: usize, rows: usize, width: u32): void {
  v128.store(out, sevenBits.dotSevenBitFour(probe, rows, rows + width, rows + width * 2, rows + width * 3, width));
}

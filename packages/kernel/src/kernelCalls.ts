import { instantiateKernel, type Kernel } from "./kernel.ts";
import type { KernelExports } from "./kernelExports.ts";

const outAt = 0;
const probeAt = 64;
/** Four rows of 4,096 f32 and a probe of as many. */
const pages = 2;

/** The kernels by themselves, called with arrays. For tests and the self-test: it copies its arguments each time. */
export interface KernelCalls {
  /** @param rows four, of the probe's length, a multiple of 8 */
  dotFloatFour(probe: Float32Array, rows: readonly Float32Array[]): Float32Array;
  squaredFloatFour(probe: Float32Array, rows: readonly Float32Array[]): Float32Array;
  /** @param rows four, of the probe's length, a multiple of 32 */
  dotSevenBitFour(probe: Int8Array, rows: readonly Uint8Array[]): Int32Array;
  /** @param row of a multiple of 16 bytes */
  dotOneBit(planes: readonly Uint8Array[], row: Uint8Array): number;
}

export function kernelCalls(kernel: Kernel): KernelCalls {
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const exports: KernelExports = instantiateKernel(kernel, memory);
  const bytes = new Uint8Array(memory.buffer);

  /** @returns the address after what was put */
  function put(arrays: readonly ArrayBufferView[], address: number): number {
    let at = address;
    for (const { buffer, byteOffset, byteLength } of arrays) {
      bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at);
      at += byteLength;
    }
    return at;
  }

  return {
    dotFloatFour: (probe, rows) => {
      const rowsAt = put([probe], probeAt);
      put(rows, rowsAt);
      exports.dotFloatFour(outAt, probeAt, rowsAt, probe.byteLength);
      return new Float32Array(memory.buffer, outAt, 4).slice();
    },
    squaredFloatFour: (probe, rows) => {
      const rowsAt = put([probe], probeAt);
      put(rows, rowsAt);
      exports.squaredFloatFour(outAt, probeAt, rowsAt, probe.byteLength);
      return new Float32Array(memory.buffer, outAt, 4).slice();
    },
    dotSevenBitFour: (probe, rows) => {
      const rowsAt = put([kernel.build === "relaxed" ? probe : Int16Array.from(probe)], probeAt);
      put(rows, rowsAt);
      exports.dotSevenBitFour(outAt, probeAt, rowsAt, probe.length);
      return new Int32Array(memory.buffer, outAt, 4).slice();
    },
    dotOneBit: (planes, row) => {
      const rowAt = put(planes, probeAt);
      put([row], rowAt);
      return exports.dotOneBit(probeAt, rowAt, row.length * 8, planes.length);
    },
  };
}

import { AkiDbError } from "@akidb/base";
import type { KernelExports } from "./kernelExports.ts";
import { selfTest } from "./selfTest.ts";

export const kernelBuilds = ["relaxed", "base"] as const;

/** `relaxed` uses instructions of the relaxed SIMD proposal, which not every runtime has. */
export type KernelBuild = (typeof kernelBuilds)[number];

/** The compiled engine; made to be posted to workers. */
export interface Kernel {
  readonly build: KernelBuild;
  readonly module: WebAssembly.Module;
}

/**
 * Compiles the fastest build that this runtime accepts and computes rightly.
 *
 * @throws AkiDbError `failed_precondition` where the runtime has no WebAssembly SIMD with shared memory
 */
export function loadKernel(files: Readonly<Record<KernelBuild, Uint8Array<ArrayBuffer>>>): Kernel {
  for (const build of kernelBuilds) {
    if (!WebAssembly.validate(files[build])) continue;
    const module = new WebAssembly.Module(files[build]);
    if (selfTest({ build, module })) return { build, module };
  }
  throw new AkiDbError(
    "failed_precondition",
    "this JavaScript runtime lacks WebAssembly SIMD with shared memory; Node.js 22 or newer on x86-64 or arm64 has them",
  );
}

/** The engine over one memory, for the calling thread alone. */
export function instantiateKernel(kernel: Kernel, memory: WebAssembly.Memory): KernelExports {
  return new WebAssembly.Instance(kernel.module, { env: { memory } }).exports as KernelExports;
}

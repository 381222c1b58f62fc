import { AkiDbError } from "@akidb/base";
import { type Kernel, type KernelBuild, kernelBuilds } from "./kernel.ts";
import { selfTest } from "./selfTest.ts";

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

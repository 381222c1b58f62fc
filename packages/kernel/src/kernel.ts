import type { KernelExports } from "./kernelExports.ts";

export const kernelBuilds = ["relaxed", "base"] as const;

/** `relaxed` uses instructions of the relaxed SIMD proposal, which not every runtime has. */
export type KernelBuild = (typeof kernelBuilds)[number];

/** The compiled engine; made to be posted to workers. */
export interface Kernel {
  readonly build: KernelBuild;
  readonly module: WebAssembly.Module;
}

/** The engine over one memory, for the calling thread alone. */
export function instantiateKernel(kernel: Kernel, memory: WebAssembly.Memory): KernelExports {
  return new WebAssembly.Instance(kernel.module, { env: { memory } }).exports as KernelExports;
}

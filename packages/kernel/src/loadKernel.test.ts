import { describe, expect, it } from "vitest";
import { readKernelFiles } from "./adapters/kernelFiles.ts";
import { loadKernel } from "./loadKernel.ts";

const files = readKernelFiles();
const notWebAssembly = new Uint8Array(8);

describe("loading the kernel", () => {
  it("falls back to base SIMD where relaxed SIMD is not accepted", () => {
    expect(loadKernel({ ...files, relaxed: notWebAssembly }).build).toBe("base");
  });

  it("falls back to base SIMD where relaxed SIMD computes wrongly", () => {
    // The base build takes probes of 16-bit words: called as the relaxed one, it computes nonsense.
    expect(loadKernel({ ...files, relaxed: files.base }).build).toBe("base");
  });

  it("says what is missing where there is no SIMD at all", () => {
    expect(() => loadKernel({ relaxed: notWebAssembly, base: notWebAssembly })).toThrow(
      /lacks WebAssembly SIMD/,
    );
  });
});

import { readFileSync } from "node:fs";
import type { KernelBuild } from "../kernel.ts";

/** The builds that `build.mjs` has made, from this package's `dist`. */
export function readKernelFiles(): Readonly<Record<KernelBuild, Uint8Array<ArrayBuffer>>> {
  const read = (build: KernelBuild) =>
    new Uint8Array(readFileSync(new URL(`../../dist/kernel.${build}.wasm`, import.meta.url)));
  return { relaxed: read("relaxed"), base: read("base") };
}

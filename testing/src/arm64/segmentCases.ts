import { metrics } from "@akidb/base";
import {
  type Kernel,
  type KernelBuild,
  kernelBuilds,
  loadKernel,
  quantizations,
  readKernelFiles,
  type SegmentOptions,
  segmentDefaults,
} from "@akidb/kernel";

export interface SegmentCase {
  /** Good as the name of a file. */
  readonly name: string;
  readonly kernel: Kernel;
  readonly options: SegmentOptions;
  readonly ef: number;
  readonly recallAt10Min: number;
}

/**
 * A segment of each build, quantization and metric.
 *
 * @throws AkiDbError `failed_precondition` where the runtime does not compute one of the builds rightly
 */
export function segmentCases(capacity: number): readonly SegmentCase[] {
  return kernelBuilds.flatMap((build) => {
    const kernel = onlyBuild(build);
    return quantizations.flatMap((quantization) =>
      metrics.map((metric) => ({
        name: `${build}-${quantization}-${metric}`,
        kernel,
        // No multiple of what any kernel steps by, so that all of them pad.
        options: { ...segmentDefaults, dimension: 100, metric, quantization, capacity },
        ...(quantization === "binary"
          ? // One bit a component says little about 100 of them.
            { ef: 400, recallAt10Min: 0.6 }
          : { ef: 120, recallAt10Min: 0.95 }),
      })),
    );
  });
}

/** Without the other build there is none to fall back to. */
function onlyBuild(build: KernelBuild): Kernel {
  const absent = new Uint8Array();
  return loadKernel({ relaxed: absent, base: absent, [build]: readKernelFiles()[build] });
}

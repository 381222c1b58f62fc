import { createHash } from "node:crypto";
import {
  type Kernel,
  loadKernel,
  type Quantization,
  readKernelFiles,
  Segment,
  type SegmentOptions,
} from "@akidb/kernel";
import { type Dataset, rowOf, rowsOf } from "./dataset.ts";
import { efConstruction } from "./engines/engine.ts";

const files = readKernelFiles();

/** The build that this machine uses. */
export const kernel: Kernel = loadKernel(files);

/** What a machine without relaxed SIMD uses. */
export const baseKernel: Kernel = loadKernel({ ...files, relaxed: files.base });

/** Changes with the engine. */
export const kernelFingerprint: string = createHash("sha256")
  .update(files.relaxed)
  .digest("hex")
  .slice(0, 12);

export const segmentOptions = (
  data: Dataset,
  quantization: Quantization,
  linksMax: number,
): SegmentOptions => ({
  ...{ dimension: data.dimension, metric: data.metric, quantization, linksMax, efConstruction },
  capacity: rowsOf(data),
  seed: 1,
});

/** A segment with the first `rows` of a dataset, all if not given, none of them linked. */
export function segmentOf(
  data: Dataset,
  quantization: Quantization,
  linksMax: number,
  rows: number = rowsOf(data),
): Segment {
  const segment = Segment.create(kernel, segmentOptions(data, quantization, linksMax));
  for (let row = 0; row < rows; row++) segment.add(rowOf(data.vectors, data.dimension, row));
  segment.publish();
  return segment;
}

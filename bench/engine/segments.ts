import {
  type Kernel,
  loadKernel,
  type Quantization,
  readKernelFiles,
  Segment,
} from "../../packages/kernel/dist/index.js";
import { type Dataset, rowOf } from "./dataset.ts";
import { efConstruction, linksMax } from "./engines.ts";

const files = readKernelFiles();

/** The build that this machine uses. */
export const kernel: Kernel = loadKernel(files);

/** What a machine without relaxed SIMD uses. */
export const baseKernel: Kernel = loadKernel({ ...files, relaxed: files.base });

/** A segment with all rows of a dataset, none linked. */
export function segmentOf(data: Dataset, quantization: Quantization): Segment {
  const { dimension, metric } = data;
  const rows = data.vectors.length / dimension;
  const segment = Segment.create(kernel, {
    ...{ dimension, metric, quantization, linksMax, efConstruction },
    capacity: rows,
    seed: 1,
  });
  for (let row = 0; row < rows; row++) segment.add(rowOf(data.vectors, dimension, row));
  segment.publish();
  return segment;
}

import { assert, invalidArguments, limits, type Metric, metrics } from "@akidb/base";
import { linksPerLevelMax } from "./scratchShape.ts";

/**
 * How vectors are kept for walking the graph: `int8` one byte a component (seven bits of it used), `binary` one bit,
 * `none` the floats themselves. With codes, the floats lie in a second memory, where the nearest are ranked exactly.
 */
export const quantizations = ["int8", "binary", "none"] as const;
export type Quantization = (typeof quantizations)[number];

export interface SegmentOptions {
  readonly dimension: number;
  readonly metric: Metric;
  readonly quantization: Quantization;
  /** Rows at most. Memory is taken as rows are written, addresses at once. */
  readonly capacity: number;
  /** M of HNSW: links of a node in the upper levels, about twice as many at level 0. */
  readonly linksMax: number;
  /** Candidates kept while a row's neighbours are sought. */
  readonly efConstruction: number;
  /** Of the levels and of the rotation. */
  readonly seed: number;
  /**
   * Subtracted before coding: the mean of the vectors (of the normalised ones under cosine) where it is known and far
   * from zero. Codes then spend their bits on what tells vectors apart.
   */
  readonly center?: Float32Array;
}

export const segmentDefaults = { linksMax: 16, efConstruction: 200, seed: 1 } as const;

/** Threads that hold a scratch slot at the same time. */
export const segmentThreadsMax = 16;

export const segmentRowsMax = 2 ** 30;

assert(limits.hnswMMax <= linksPerLevelMax, "the kernel has room for the links of any graph");

/** @throws AkiDbError `invalid_argument` that names every bad option */
export function checkSegmentOptions(options: SegmentOptions): void {
  const { dimension, metric, quantization, center } = options;
  const violations = [
    ...integerViolation("dimension", dimension, 1, limits.dimensionMax),
    ...integerViolation("capacity", options.capacity, 1, segmentRowsMax),
    ...integerViolation("linksMax", options.linksMax, limits.hnswMMin, limits.hnswMMax),
    ...integerViolation(
      "efConstruction",
      options.efConstruction,
      limits.hnswEfConstructionMin,
      limits.hnswEfConstructionMax,
    ),
    ...integerViolation("seed", options.seed, 0, 0xffff_ffff),
  ];
  if (!metrics.includes(metric)) {
    violations.push({ path: "metric", detail: `must be one of ${metrics.join(", ")}` });
  }
  if (!quantizations.includes(quantization)) {
    violations.push({ path: "quantization", detail: `must be one of ${quantizations.join(", ")}` });
  }
  if (center !== undefined && (center.length !== dimension || !center.every(Number.isFinite))) {
    violations.push({ path: "center", detail: `must be ${dimension} finite numbers` });
  }
  if (violations.length > 0) throw invalidArguments(violations);
}

const integerViolation = (path: string, value: number, min: number, max: number) =>
  Number.isInteger(value) && value >= min && value <= max
    ? []
    : [{ path, detail: `must be an integer from ${min} to ${max}` }];

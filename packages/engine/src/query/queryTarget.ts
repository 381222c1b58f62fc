import { invalidArgument, type Metric, notFound } from "@akidb/base";
import type { AppliedState } from "../collection/appliedState.ts";
import type { Filter } from "../filter/filter.ts";
import { norm } from "../index/distance.ts";
import { findDocument } from "../reads/findDocument.ts";
import type { Example, Target } from "./checkQuery.ts";

export interface ResolvedTarget {
  readonly vector: Float32Array;
  /** Rows of the documents that the query names: they are no answer to it. */
  readonly leftOut: ReadonlySet<number>;
}

export interface TargetPlace {
  readonly state: AppliedState;
  readonly metric: Metric;
  /** What does not pass it is not there. */
  readonly within: Filter | undefined;
}

/**
 * The vector to look for, as the collection is now.
 *
 * @throws AkiDbError `not_found` where a document named is not there; `invalid_argument` where examples cancel each other
 */
export function resolveTarget(target: Target, { state, metric, within }: TargetPlace): ResolvedTarget {
  if (target.kind === "vector") return { vector: target.vector, leftOut: new Set() };
  if (target.kind === "none") return { vector: new Float32Array(), leftOut: new Set() };
  const leftOut = new Set<number>();
  const vectorOf = (example: Example): Float32Array => {
    if (example.kind === "vector") return example.vector;
    const document = findDocument(state, example.key, within);
    if (document === undefined) throw notFound(`document ${JSON.stringify(example.key)}`);
    const row = state.rows.rowOf(document.id)!;
    leftOut.add(row);
    return state.index.vectorOf(row);
  };
  if (target.kind === "document") return { vector: vectorOf(target), leftOut };
  const positive = mean(target.positive.map(vectorOf), metric);
  const negative = mean(target.negative.map(vectorOf), metric);
  return { vector: awayFrom(positive, negative, metric), leftOut };
}

/** Each counts alike under cosine, however long. */
function mean(vectors: readonly Float32Array[], metric: Metric): Float64Array | undefined {
  const [first] = vectors;
  if (first === undefined) return undefined;
  const sum = new Float64Array(first.length);
  for (const vector of vectors) {
    const weight = metric === "cosine" ? 1 / norm(vector) : 1;
    for (let i = 0; i < sum.length; i++) sum[i]! += weight * vector[i]!;
  }
  return sum.map((component) => component / vectors.length);
}

/** From the positive examples as far on as they are from the negative ones: `p + (p − n)`. */
function awayFrom(
  positive: Float64Array | undefined,
  negative: Float64Array | undefined,
  metric: Metric,
): Float32Array {
  const vector = Float32Array.from(positive!, (component, i) =>
    negative === undefined ? component : 2 * component - negative[i]!,
  );
  if (!vector.every(Number.isFinite)) {
    throw invalidArgument("vectors", "are so large that what they have in common does not fit 32 bits");
  }
  if (metric === "cosine" && vector.every((component) => component === 0)) {
    throw invalidArgument("vectors", "cancel each other, which leaves no direction to look in");
  }
  return vector;
}

import type { FieldViolation, Metric } from "@akidb/base";

export interface VectorRules {
  readonly dimension: number;
  readonly metric: Metric;
}

/** @returns the vector in 32-bit floats, the caller's own array where it is one; undefined with a violation added */
export function checkVector(
  input: unknown,
  { dimension, metric }: VectorRules,
  path: string,
  violations: FieldViolation[],
): Float32Array | undefined {
  const refuse = (at: string, detail: string): undefined => {
    violations.push({ path: at, detail });
    return undefined;
  };
  if (input === undefined) return refuse(path, `is missing; ${dimension} numbers are needed`);
  if (!(input instanceof Float32Array || Array.isArray(input))) {
    return refuse(path, "must be an array of numbers");
  }
  if (input.length !== dimension) {
    return refuse(path, `has ${input.length} components; the collection's dimension is ${dimension}`);
  }
  const vector = input instanceof Float32Array ? input : Float32Array.from(input, toNumber);
  let hasNonZero = false;
  for (let i = 0; i < dimension; i++) {
    const component = vector[i]!;
    if (!Number.isFinite(component))
      return refuse(`${path}[${i}]`, "must be a finite number that fits 32 bits");
    hasNonZero ||= component !== 0;
  }
  if (metric === "cosine" && !hasNonZero) {
    return refuse(path, "is the zero vector, which has no direction; cosine needs one");
  }
  return vector;
}

/** Float32Array.from alone would take `"1"`, `null` and `[]` for numbers. */
const toNumber = (value: unknown): number => (typeof value === "number" ? value : Number.NaN);

import type { AkiDbError } from "@akidb/base";

/** An embedding as models of other programs send it, not yet looked at. */
export type AnsweredRow = Float32Array | readonly unknown[];

/** What makes an error of the reason why an answer cannot be used. */
type Misunderstood = (reason: string) => AkiDbError;

/** @param embedding numbers, or base64 of little-endian float32; anything else is thrown as `misunderstood` */
export function answeredRow(embedding: unknown, what: string, misunderstood: Misunderstood): AnsweredRow {
  if (Array.isArray(embedding)) return embedding;
  if (typeof embedding !== "string") throw misunderstood(`${what} has no embedding`);
  const bytes = Buffer.from(embedding, "base64");
  if (bytes.length === 0 || bytes.length % 4 !== 0) {
    throw misunderstood(`the base64 of ${what} holds no float32 components`);
  }
  const row = new Float32Array(bytes.length / 4);
  for (let i = 0; i < row.length; i++) row[i] = bytes.readFloatLE(4 * i);
  return row;
}

/** The rows as unit vectors, one behind the other; a row of another dimension, or without a direction, is thrown. */
export function unitVectors(
  rows: readonly AnsweredRow[],
  dimension: number,
  misunderstood: Misunderstood,
): Float32Array {
  const vectors = new Float32Array(rows.length * dimension);
  for (const [index, row] of rows.entries()) {
    if (row.length !== dimension) {
      throw misunderstood(`embedding ${index} has ${row.length} dimensions and not ${dimension}`);
    }
    const target = vectors.subarray(index * dimension, (index + 1) * dimension);
    const reason = writeUnit(row, target);
    if (reason !== undefined) throw misunderstood(reason(index));
  }
  return vectors;
}

/** @returns why it cannot be */
function writeUnit(row: AnsweredRow, target: Float32Array): ((index: number) => string) | undefined {
  let squares = 0;
  for (let i = 0; i < target.length; i++) {
    const component = row[i];
    if (typeof component !== "number" || !Number.isFinite(component)) {
      return (index) => `component ${i} of embedding ${index} is no finite number`;
    }
    squares += component * component;
  }
  const length = Math.sqrt(squares);
  if (!(length > 0 && Number.isFinite(length))) return (index) => `embedding ${index} has no direction`;
  for (let i = 0; i < target.length; i++) target[i] = (row[i] as number) / length;
  return undefined;
}

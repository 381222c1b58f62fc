import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { SeededRandom } from "@akidb/base";

export const dimension = 784;

/** What a document says of itself: its digit is real, number and place are drawn at random. */
export interface RowFields {
  readonly label: number;
  /** 0..1, evenly. */
  readonly number: number;
  /** −45..45, evenly. */
  readonly lat: number;
  /** −90..90, evenly. */
  readonly lon: number;
}

export interface MnistRows {
  readonly vectors: readonly Float32Array[];
  readonly fields: readonly RowFields[];
  readonly queries: readonly Float32Array[];
  readonly queryLabels: readonly number[];
}

/** @param folder with the files of MNIST, `train.u8.gz` and its labels, `queries.u8.gz` and theirs */
export function readMnistRows(folder: string, rowsMax: number, queriesMax: number): MnistRows {
  const read = (name: string): Buffer => gunzipSync(readFileSync(join(folder, name)));
  const vectorsOf = (bytes: Buffer, max: number): Float32Array[] =>
    Array.from({ length: Math.min(max, bytes.length / dimension) }, (_, row) =>
      Float32Array.from(bytes.subarray(row * dimension, (row + 1) * dimension)),
    );
  const random = new SeededRandom(97);
  const labels = read("train_labels.u8.gz");
  const vectors = vectorsOf(read("train.u8.gz"), rowsMax);
  const fields = vectors.map((_, row) => ({
    label: labels[row]!,
    number: random.nextFloat(),
    lat: 90 * random.nextFloat() - 45,
    lon: 180 * random.nextFloat() - 90,
  }));
  const queries = vectorsOf(read("queries.u8.gz"), queriesMax);
  return { vectors, fields, queries, queryLabels: [...read("query_labels.u8.gz")].slice(0, queries.length) };
}

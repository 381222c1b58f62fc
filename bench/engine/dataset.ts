import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { Metric } from "@akidb/base";
import { embeddingLike } from "./embeddingLike.ts";
import { dataFolder } from "./folders.ts";

export interface Vectors {
  /** `rows × dimension`, row-major. */
  readonly vectors: Float32Array;
  readonly queries: Float32Array;
}

export interface Dataset extends Vectors {
  readonly name: string;
  /** Of file names: tells it from every other dataset. */
  readonly key: string;
  readonly metric: Metric;
  readonly dimension: number;
  /** The same as raw little-endian f32, for a peer in another process. */
  readonly vectorsFile: string;
  readonly queriesFile: string;
}

export interface DatasetWanted {
  /** `mnist`, or the dimension of a synthetic one. */
  readonly source: string;
  readonly rowsMax: number;
  readonly mnistFolder: string;
}

const queryCount = 1_000;
const mnistDimension = 784;

export const rowOf = (matrix: Float32Array, dimension: number, row: number): Float32Array =>
  matrix.subarray(row * dimension, (row + 1) * dimension);

export const rowsOf = ({ vectors, dimension }: Dataset): number => vectors.length / dimension;

export const queriesOf = ({ queries, dimension }: Dataset): Float32Array[] =>
  Array.from({ length: queries.length / dimension }, (_, i) => rowOf(queries, dimension, i));

/** @returns undefined where MNIST is wanted and not there */
export function loadDataset({ source, rowsMax, mnistFolder }: DatasetWanted): Dataset | undefined {
  if (source === "mnist") {
    if (!existsSync(`${mnistFolder}/train.u8.gz`)) return undefined;
    const key = `mnist-${rowsMax}`;
    const shape = { name: "MNIST 784-d", key, metric: "l2", dimension: mnistDimension } as const;
    return { ...shape, ...kept(key, () => readMnist(mnistFolder, rowsMax)) };
  }
  const dimension = Number(source);
  const key = `${dimension}d-${rowsMax}`;
  const shape = { name: `synthetic ${dimension}-d`, key, metric: "cosine", dimension } as const;
  return { ...shape, ...kept(key, () => embeddingLike(dimension, rowsMax, queryCount)) };
}

/** Handwritten digits, their pixels in 0..1. */
function readMnist(folder: string, rowsMax: number): Vectors {
  const read = (name: string) =>
    Float32Array.from(gunzipSync(readFileSync(`${folder}/${name}`)), (x) => x / 255);
  return {
    vectors: read("train.u8.gz").subarray(0, rowsMax * mnistDimension),
    queries: read("queries.u8.gz"),
  };
}

/** Reads the vectors from this benchmark's files, after making those where they are not there. */
function kept(key: string, make: () => Vectors): Vectors & { vectorsFile: string; queriesFile: string } {
  const vectorsFile = `${dataFolder}/${key}.vectors.f32`;
  const queriesFile = `${dataFolder}/${key}.queries.f32`;
  if (!existsSync(queriesFile)) {
    mkdirSync(dataFolder, { recursive: true });
    const { vectors, queries } = make();
    writeFloats(vectorsFile, vectors);
    writeFloats(queriesFile, queries);
  }
  return { vectors: readFloats(vectorsFile), queries: readFloats(queriesFile), vectorsFile, queriesFile };
}

export function readFloats(file: string): Float32Array {
  const bytes = readFileSync(file);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

/** The file has its name only once it is whole. */
export function writeFloats(file: string, floats: Float32Array): void {
  writeFileSync(`${file}.new`, new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength));
  renameSync(`${file}.new`, file);
}

import { SeededRandom } from "@akidb/base";

/** A text as counts of its terms, by their columns, weighed and of length 1. */
interface SparseRow {
  readonly columns: readonly number[];
  readonly weights: readonly number[];
}

/** Columns of the range that is sampled beyond those wanted, and times that it is sharpened (Halko et al. 2011). */
const oversampling = 20;
const powerIterations = 2;

const wordsOf = (text: string): readonly string[] => text.toLowerCase().match(/[a-z]{2,}/g) ?? [];

/**
 * Latent semantic analysis (Deerwester et al. 1990): TF-IDF of a corpus, and its strongest directions by a randomised
 * singular value decomposition. Texts that are not of the corpus are folded in.
 */
export class LatentSemantics {
  readonly dimension: number;
  readonly #columnOf = new Map<string, number>();
  readonly #idf: readonly number[];
  /** Term by direction. */
  readonly #directions: readonly Float64Array[];

  constructor(corpus: readonly string[], dimension: number) {
    this.dimension = dimension;
    const documents = corpus.map((text) => new Set(wordsOf(text)));
    const frequencies = new Map<string, number>();
    for (const words of documents)
      for (const word of words) frequencies.set(word, (frequencies.get(word) ?? 0) + 1);
    const known = [...frequencies].filter(([, count]) => count > 1);
    for (const [column, [word]] of known.entries()) this.#columnOf.set(word, column);
    this.#idf = known.map(([, count]) => Math.log(corpus.length / count));
    const rows = corpus.map((text) => this.#rowOf(text));
    this.#directions = strongestDirections(rows, known.length, dimension);
  }

  vectorOf(text: string): Float32Array {
    const { columns, weights } = this.#rowOf(text);
    const vector = new Float32Array(this.dimension);
    for (const [index, column] of columns.entries()) {
      const direction = this.#directions[column]!;
      for (let d = 0; d < this.dimension; d++) vector[d]! += weights[index]! * direction[d]!;
    }
    return vector;
  }

  #rowOf(text: string): SparseRow {
    const counts = new Map<number, number>();
    for (const word of wordsOf(text)) {
      const column = this.#columnOf.get(word);
      if (column !== undefined) counts.set(column, (counts.get(column) ?? 0) + 1);
    }
    const columns = [...counts.keys()];
    const weights = columns.map((column) => (1 + Math.log(counts.get(column)!)) * this.#idf[column]!);
    const length = Math.hypot(...weights) || 1;
    return { columns, weights: weights.map((weight) => weight / length) };
  }
}

/** @returns for each column its part in each of the right singular vectors */
function strongestDirections(
  rows: readonly SparseRow[],
  columnCount: number,
  dimension: number,
): readonly Float64Array[] {
  const width = dimension + oversampling;
  const random = new SeededRandom(1);
  let range: Float64Array[] = Array.from({ length: columnCount }, () =>
    Float64Array.from({ length: width }, () => random.nextGaussian()),
  );
  for (let iteration = 0; iteration < powerIterations; iteration++) {
    const sampled = times(rows, range, width);
    orthonormalize(sampled, width);
    range = timesTransposed(rows, sampled, columnCount, width);
    orthonormalize(range, width);
  }
  // The eigenvectors of (A Q)ᵀ(A Q) turn the range's basis into the singular vectors.
  const projected = times(rows, range, width);
  const gram = Array.from({ length: width }, () => new Float64Array(width));
  for (const row of projected) {
    for (let i = 0; i < width; i++) for (let j = 0; j < width; j++) gram[i]![j]! += row[i]! * row[j]!;
  }
  const rotation = eigenvectors(gram).slice(0, dimension);
  return range.map((row) =>
    Float64Array.from(rotation, (vector) => vector.reduce((sum, value, i) => sum + value * row[i]!, 0)),
  );
}

function times(rows: readonly SparseRow[], matrix: readonly Float64Array[], width: number): Float64Array[] {
  return rows.map(({ columns, weights }) => {
    const product = new Float64Array(width);
    for (const [index, column] of columns.entries()) {
      const factor = matrix[column]!;
      for (let i = 0; i < width; i++) product[i]! += weights[index]! * factor[i]!;
    }
    return product;
  });
}

function timesTransposed(
  rows: readonly SparseRow[],
  matrix: readonly Float64Array[],
  columnCount: number,
  width: number,
): Float64Array[] {
  const product = Array.from({ length: columnCount }, () => new Float64Array(width));
  for (const [row, { columns, weights }] of rows.entries()) {
    const factor = matrix[row]!;
    for (const [index, column] of columns.entries()) {
      for (let i = 0; i < width; i++) product[column]![i]! += weights[index]! * factor[i]!;
    }
  }
  return product;
}

/** Of the columns, by modified Gram-Schmidt. */
function orthonormalize(rows: readonly Float64Array[], width: number): void {
  for (let i = 0; i < width; i++) {
    for (let j = 0; j < i; j++) {
      let overlap = 0;
      for (const row of rows) overlap += row[i]! * row[j]!;
      for (const row of rows) row[i]! -= overlap * row[j]!;
    }
    let square = 0;
    for (const row of rows) square += row[i]! ** 2;
    const length = Math.sqrt(square) || 1;
    for (const row of rows) row[i]! /= length;
  }
}

/** Of a symmetric matrix, by Jacobi's rotations; strongest first. Changes it. */
function eigenvectors(matrix: Float64Array[]): readonly Float64Array[] {
  const size = matrix.length;
  const vectors = Array.from({ length: size }, (_, i) => new Float64Array(size).fill(1, i, i + 1));
  for (let sweep = 0; sweep < 12; sweep++) {
    for (let p = 0; p < size; p++) {
      for (let q = p + 1; q < size; q++) {
        if (Math.abs(matrix[p]![q]!) < 1e-12) continue;
        const theta = (matrix[q]![q]! - matrix[p]![p]!) / (2 * matrix[p]![q]!);
        const tangent = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta ** 2 + 1));
        const cosine = 1 / Math.sqrt(tangent ** 2 + 1);
        const sine = tangent * cosine;
        for (let k = 0; k < size; k++) {
          const [a, b] = [matrix[k]![p]!, matrix[k]![q]!];
          matrix[k]![p] = cosine * a - sine * b;
          matrix[k]![q] = sine * a + cosine * b;
        }
        for (let k = 0; k < size; k++) {
          const [a, b] = [matrix[p]![k]!, matrix[q]![k]!];
          matrix[p]![k] = cosine * a - sine * b;
          matrix[q]![k] = sine * a + cosine * b;
          const [v, w] = [vectors[p]![k]!, vectors[q]![k]!];
          vectors[p]![k] = cosine * v - sine * w;
          vectors[q]![k] = sine * v + cosine * w;
        }
      }
    }
  }
  return vectors
    .map((vector, i) => ({ vector, value: matrix[i]![i]! }))
    .sort((a, b) => b.value - a.value)
    .map(({ vector }) => vector);
}

import { assert, type Deadline } from "@akidb/base";
import { FlatIndex } from "./flatIndex.ts";
import { GraphIndex, type GraphIndexOptions } from "./graphIndex.ts";
import type { IndexQuery, IndexStats, RankedRows, VectorIndex } from "./vectorIndex.ts";

export interface GrowingIndexOptions extends GraphIndexOptions {
  /** Rows alive up to which there is no graph: looking at each is exact, and fast enough. */
  readonly threshold: number;
}

/** Flat while it is small, a graph from then on; rows keep their numbers. */
export class GrowingIndex implements VectorIndex {
  readonly #options: GrowingIndexOptions;
  #current: FlatIndex | GraphIndex;

  constructor(options: GrowingIndexOptions) {
    this.#options = options;
    this.#current = new FlatIndex(options.dimension, options.metric);
  }

  get linkedCount(): number {
    return this.#current.linkedCount;
  }

  get tailCount(): number {
    return this.#current.tailCount;
  }

  get deadShare(): number {
    return this.#current.deadShare;
  }

  get memoryBytes(): number {
    return this.#current.memoryBytes;
  }

  /** Becomes a graph here, and not when rows are added: what needs memory can still fail without harm. */
  reserve(count: number): void {
    if (this.#current instanceof FlatIndex && this.#current.aliveCount + count > this.#options.threshold) {
      this.#current = toGraph(this.#current, this.#options);
    }
    this.#current.reserve(count);
  }

  add(vector: Float32Array): number {
    return this.#current.add(vector);
  }

  remove(row: number): void {
    this.#current.remove(row);
  }

  publish(): void {
    this.#current.publish();
  }

  search(vector: Float32Array, query: IndexQuery, deadline: Deadline): Promise<RankedRows> {
    return this.#current.search(vector, query, deadline);
  }

  stats(): IndexStats {
    return this.#current.stats();
  }

  vectorOf(row: number): Float32Array {
    return this.#current.vectorOf(row);
  }

  close(): Promise<void> {
    return this.#current.close();
  }
}

/** Searches of the flat index that are under way go on over its memory. */
function toGraph(flat: FlatIndex, options: GraphIndexOptions): GraphIndex {
  const graph = new GraphIndex(options);
  const { rowCount, tombstones } = flat.view.snapshot();
  assert(rowCount === flat.rowCount, "everything added is published before a flat index becomes a graph");
  graph.reserve(rowCount);
  for (let row = 0; row < rowCount; row++) {
    graph.add(flat.vectorOf(row));
    if (tombstones !== undefined && (tombstones[row >>> 5]! >>> (row & 31)) & 1) graph.remove(row);
  }
  graph.publish();
  return graph;
}

import { assert, type Deadline } from "@akidb/base";
import type { SharedSegment } from "../sharing/collectionShare.ts";
import type { SharedMoment } from "../sharing/sharedMoment.ts";
import { FlatIndex } from "./flatIndex.ts";
import { GraphIndex, type GraphIndexOptions } from "./graphIndex.ts";
import type { IndexImage, StoredImage } from "./indexImage.ts";
import type { FoundRows, IndexQuery, IndexStats, VectorIndex } from "./vectorIndex.ts";

export interface GrowingIndexOptions extends GraphIndexOptions {
  /** Rows alive up to which there is no graph: looking at each is exact, and fast enough. */
  readonly threshold: number;
}

/** Flat while it is small, a graph from then on; rows keep their numbers. */
export class GrowingIndex implements VectorIndex {
  readonly #options: GrowingIndexOptions;
  #current: FlatIndex | GraphIndex;
  #isLinkingPaused = false;

  constructor(options: GrowingIndexOptions, current?: FlatIndex | GraphIndex) {
    this.#options = options;
    this.#current = current ?? new FlatIndex(options.dimension, options.metric);
  }

  /**
   * The index that an image was taken of, flat or a graph as it was then.
   *
   * @throws DamagedFileError; RangeError or AkiDbError `unavailable` where there is no memory
   */
  static async load(options: GrowingIndexOptions, image: StoredImage): Promise<GrowingIndex> {
    const current =
      image.kind === "flat"
        ? await FlatIndex.load(options.dimension, options.metric, image)
        : await GraphIndex.load(options, image);
    return new GrowingIndex(options, current);
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

  /** Of the whole graph, where these rows make it one: it is there before the flat index goes. */
  growthBytes(count: number): number {
    const flat = this.#flatOutgrownBy(count);
    if (flat === undefined) return this.#current.growthBytes(count);
    return new GraphIndex(this.#options).growthBytes(flat.rowCount + count);
  }

  /** Becomes a graph here, and not when rows are added: what needs memory can still fail without harm. */
  reserve(count: number): void {
    const flat = this.#flatOutgrownBy(count);
    if (flat !== undefined) this.#current = this.#toGraph(flat);
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

  search(vector: Float32Array, query: IndexQuery, deadline: Deadline): Promise<FoundRows> {
    return this.#current.search(vector, query, deadline);
  }

  stats(): IndexStats {
    return this.#current.stats();
  }

  isDead(row: number): boolean {
    return this.#current.isDead(row);
  }

  aliveRows(): Uint32Array {
    return this.#current.aliveRows();
  }

  vectorOf(row: number, target?: Float32Array): Float32Array {
    return this.#current.vectorOf(row, target);
  }

  async pauseLinking(): Promise<void> {
    this.#isLinkingPaused = true;
    await this.#current.pauseLinking();
  }

  resumeLinking(): void {
    this.#isLinkingPaused = false;
    this.#current.resumeLinking();
  }

  image(): IndexImage {
    return this.#current.image();
  }

  share(moment: SharedMoment): readonly SharedSegment[] | undefined {
    return this.#current.share(moment);
  }

  releaseGuest(guestNumber: number): void {
    this.#current.releaseGuest(guestNumber);
  }

  close(): Promise<void> {
    return this.#current.close();
  }

  #flatOutgrownBy(count: number): FlatIndex | undefined {
    if (!(this.#current instanceof FlatIndex)) return undefined;
    return this.#current.aliveCount + count > this.#options.threshold ? this.#current : undefined;
  }

  #toGraph(flat: FlatIndex): GraphIndex {
    const graph = new GraphIndex(this.#options);
    // Nothing is in any builder's hands yet, so that there is nothing to wait for.
    if (this.#isLinkingPaused) void graph.pauseLinking();
    copyRows(flat, graph);
    return graph;
  }
}

/** Searches of the flat index that are under way go on over its memory. */
function copyRows(flat: FlatIndex, graph: GraphIndex): void {
  const { rowCount, tombstones } = flat.view.snapshot();
  assert(rowCount === flat.rowCount, "everything added is published before a flat index becomes a graph");
  graph.reserve(rowCount);
  for (let row = 0; row < rowCount; row++) {
    graph.add(flat.vectorOf(row));
    if (tombstones !== undefined && (tombstones[row >>> 5]! >>> (row & 31)) & 1) graph.remove(row);
  }
  graph.publish();
  // Of a record that removes before it adds.
  for (const row of flat.dyingRows) graph.remove(row);
}

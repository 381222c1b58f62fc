import { assert, type Deadline, type Metric, type Quantization } from "@akidb/base";
import {
  assertFilterFits,
  type RowFilter,
  Segment,
  type SegmentOptions,
  segmentCapacity,
  segmentDefaults,
} from "@akidb/kernel";
import type { Builders } from "../builders/builders.ts";
import { mergeRanked } from "./mergeRanked.ts";
import { runInSlices } from "./runInSlices.ts";
import { sumStats } from "./sumStats.ts";
import type { IndexQuery, IndexStats, RankedRows, VectorIndex } from "./vectorIndex.ts";

export interface GraphIndexOptions {
  readonly dimension: number;
  readonly metric: Metric;
  readonly builders: Builders;
  readonly quantization: Quantization;
  /** M of HNSW. */
  readonly linksMax: number;
  readonly efConstruction: number;
  /** Of queries that bring none. */
  readonly efSearch: number;
  /** Rows of a segment at most; as many as fit its memory if absent. */
  readonly segmentRowsMax?: number;
}

interface PlacedSegment {
  segment: Segment;
  readonly firstRow: number;
}

/**
 * Vectors in segments with an HNSW graph each. An added row is found at once, as part of its segment's tail, which every
 * search scans; builders link it into the graph behind. The last segment grows, the ones before it are full.
 */
export class GraphIndex implements VectorIndex {
  readonly #options: GraphIndexOptions;
  readonly #segmentOptions: SegmentOptions;
  readonly #segments: PlacedSegment[] = [];
  /** Rows added; the last segment may show fewer. */
  #rowCount = 0;
  #deadCount = 0;
  #removed: number[] = [];
  /** Exact searches go one after the other: each reads all there is, and two would only share the memory's speed. */
  #exactLane: Promise<unknown> = Promise.resolve();

  constructor(options: GraphIndexOptions) {
    const { dimension, metric, quantization, linksMax, efConstruction } = options;
    this.#options = options;
    const shape = { dimension, metric, quantization, linksMax, efConstruction, seed: segmentDefaults.seed };
    const rowsMax = Math.min(segmentCapacity(shape), options.segmentRowsMax ?? Number.POSITIVE_INFINITY);
    // Whole words, so that a segment's part of a filter is a view of it and not a shifted copy.
    const capacity = Math.max(32, rowsMax - (rowsMax % 32));
    this.#segmentOptions = { ...shape, capacity };
  }

  get linkedCount(): number {
    return this.#segments.reduce((sum, { segment }) => sum + segment.linkedCount, 0);
  }

  get tailCount(): number {
    return this.#rowCount - this.linkedCount;
  }

  get #publishedCount(): number {
    return this.#segments.reduce((sum, { segment }) => sum + segment.rowCount, 0);
  }

  get deadShare(): number {
    return this.#rowCount === 0 ? 0 : this.#deadCount / this.#rowCount;
  }

  get memoryBytes(): number {
    return this.#segments.reduce((sum, { segment }) => sum + segment.memoryBytes, 0);
  }

  reserve(count: number): void {
    const { capacity } = this.#segmentOptions;
    while (this.#segments.length * capacity < this.#rowCount + count) {
      const segment = Segment.create(this.#options.builders.kernel, this.#segmentOptions);
      this.#segments.push({ segment, firstRow: this.#segments.length * capacity });
    }
  }

  add(vector: Float32Array): number {
    this.reserve(1);
    const row = this.#rowCount++;
    const { segment, firstRow } = this.#segmentOf(row);
    assert(segment.add(vector) === row - firstRow, "rows of a segment follow each other");
    return row;
  }

  remove(row: number): void {
    assert(row < this.#rowCount, "only an added row can be removed");
    this.#removed.push(row);
  }

  publish(): void {
    // First what is new, then what is gone: in between, another thread finds a replaced document twice, never not at all.
    for (const { segment } of this.#segments) segment.publish();
    for (const row of this.#removed) {
      const { segment, firstRow } = this.#segmentOf(row);
      assert(segment.remove(row - firstRow), "a row dies once");
    }
    this.#deadCount += this.#removed.length;
    this.#removed = [];
    for (const placed of this.#segments) this.#requestLinks(placed);
  }

  async search(vector: Float32Array, query: IndexQuery, deadline: Deadline): Promise<RankedRows> {
    const { k, filter, exact } = query;
    if (filter !== undefined) assertFilterFits(filter, this.#publishedCount);
    if (exact) return await this.#searchExactly(vector, query, deadline);
    const ef = Math.max(k, query.ef ?? this.#options.efSearch);
    return mergeRanked(
      this.#segments.map((placed) => ({
        firstRow: placed.firstRow,
        ...placed.segment.search(vector, { k, ef, ...partOfFilter(filter, placed) }),
      })),
      k,
    );
  }

  stats(): IndexStats {
    return sumStats(this.#segments.map(({ segment }) => segment.stats()));
  }

  vectorOf(row: number): Float32Array {
    const { segment, firstRow } = this.#segmentOf(row);
    return segment.vectorOf(row - firstRow);
  }

  async close(): Promise<void> {
    for (const { segment } of this.#segments) {
      await this.#options.builders.forget(segment);
      segment.close();
    }
  }

  #requestLinks(placed: PlacedSegment): void {
    if (placed.segment.unclaimedCount === 0) return;
    this.#options.builders.link(placed.segment, () => this.#rebuild(placed));
  }

  /** The same rows in a new segment, all of them in its tail, for other builders to link. */
  #rebuild(placed: PlacedSegment): void {
    const { kernel } = this.#options.builders;
    const lost = placed.segment;
    const anew = Segment.create(kernel, this.#segmentOptions);
    for (let row = 0; row < lost.rowCount; row++) anew.add(lost.vectorOf(row));
    anew.publish();
    for (let row = 0; row < lost.rowCount; row++) if (lost.isDead(row)) anew.remove(row);
    placed.segment = anew;
    lost.close();
    this.#requestLinks(placed);
  }

  #segmentOf(row: number): PlacedSegment {
    return this.#segments[Math.floor(row / this.#segmentOptions.capacity)]!;
  }

  #searchExactly(vector: Float32Array, query: IndexQuery, deadline: Deadline): Promise<RankedRows> {
    const scan = this.#exactLane.then(() => this.#scanAll(vector, query, deadline));
    this.#exactLane = scan.catch(() => {});
    return scan;
  }

  /** Begins with every segment in the same turn, so that all of them show the same moment. */
  async #scanAll(vector: Float32Array, { k, filter }: IndexQuery, deadline: Deadline): Promise<RankedRows> {
    const scans = this.#segments.map((placed) => {
      const { segment, firstRow } = placed;
      // A view of its own: between slices, other searches use this one's working space.
      const view = Segment.open(this.#options.builders.kernel, segment.handle());
      return { firstRow, view, scan: view.beginExact(vector, { k, ...partOfFilter(filter, placed) }) };
    });
    try {
      for (const { scan } of scans) {
        await runInSlices((rowsMax) => scan.advance(rowsMax), this.#options.dimension, deadline);
      }
      return mergeRanked(
        scans.map(({ firstRow, scan }) => ({ firstRow, ...scan.result() })),
        k,
      );
    } finally {
      for (const { view } of scans) view.close();
    }
  }
}

/** What a filter says of one segment: a view of its words, for segments begin with whole ones. */
function partOfFilter(
  filter: RowFilter | undefined,
  { segment, firstRow }: PlacedSegment,
): { readonly filter?: RowFilter } {
  if (filter === undefined) return {};
  const rowCount = Math.max(0, Math.min(filter.rowCount - firstRow, segment.rowCount));
  const firstWord = firstRow / 32;
  return {
    filter: { words: filter.words.subarray(firstWord, firstWord + Math.ceil(rowCount / 32)), rowCount },
  };
}

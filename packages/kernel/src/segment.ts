import { type AkiDbError, assert, deadlineExceeded, invalidArgument, quotaExceeded } from "@akidb/base";
import { codeScores } from "./codeScores.ts";
import { allocateMemory, createSegmentMemory } from "./createSegmentMemory.ts";
import { ExactScan } from "./exactScan.ts";
import * as words from "./headerWords.ts";
import { instantiateKernel, type Kernel } from "./kernel.ts";
import type { KernelExports } from "./kernelExports.ts";
import { Rescorer, type SearchResult } from "./rescorer.ts";
import { assertFilterFits, type RowFilter } from "./rowFilter.ts";
import { allowedAt, inputAt, poolAt, poolKeysMax } from "./scratchShape.ts";
import { releaseSlot, releaseSlotsOf, type SegmentGuest, takeSlot } from "./scratchSlot.ts";
import { readEffort, type SearchEffort } from "./searchEffort.ts";
import { layOutSegment, layOutVectors, type SegmentLayout, type VectorsLayout } from "./segmentLayout.ts";
import { checkSegmentOptions, type SegmentOptions, segmentThreadsMax } from "./segmentOptions.ts";
import { type SearchWidth, type SegmentQuery, searchWidth } from "./segmentQuery.ts";
import { type SegmentStats, segmentBytes, segmentStats } from "./segmentStats.ts";
import { sharedMemoryGone } from "./sharedMemoryGone.ts";

/** All that a thread needs to open a segment: made to be posted to workers. */
export interface SegmentHandle {
  readonly options: SegmentOptions;
  readonly memory: WebAssembly.Memory;
  /** Where the floats are, unless the segment keeps nothing else, or they are not in memory. */
  readonly vectors: WebAssembly.Memory | undefined;
}

/** What an exact search looks at. */
export interface ExactQuery {
  /** `limits.topKMax` at most. */
  readonly k: number;
  /** Bit per row from `firstRow` on, of {@link Segment.candidates}. */
  readonly candidates: Uint32Array;
  /** 0 if not given. */
  readonly firstRow?: number;
}

/** A search that does not take one go. */
export interface SlicedQuery extends SegmentQuery {
  /** Of {@link Segment.candidates}: the search is of its moment. */
  readonly filter: RowFilter;
}

/** What a search found by codes, to be ranked by vectors that are not in memory. */
export interface FoundKeys {
  /** Row and rank by its code of each, best first; a copy. */
  readonly keys: Uint32Array;
  /** By what vectors are multiplied before they are coded, unless they are normalised. */
  readonly codeUnit: number;
}

export interface SlicedSearch {
  /**
   * Goes on for about so many comparisons by codes.
   *
   * @returns whether the search is complete
   */
  advance(codeDistancesMax: number): boolean;
  /** To be asked once, when the search is complete. */
  result(): SearchResult;
  /** The same of a segment whose vectors are not in memory. */
  found(): FoundKeys;
}

/** Rows between two looks at the stop flag of an exact search. */
const exactStepRows = 1_024;

/**
 * Up to some million vectors in shared memory: their codes, their graph (HNSW, Malkov & Yashunin 2018), and the vectors
 * themselves. One thread writes ({@link Segment.add}, {@link Segment.remove}, {@link Segment.publish}); any number
 * link and search, each through a `Segment` of its own over the same handle. Searches wait for nobody: they see every
 * published row, in the graph or still in the tail behind it.
 *
 * Rows are numbered densely in the order of their addition and never reused.
 */
export class Segment {
  readonly options: SegmentOptions;
  /** Set its only element to 1, from any thread, to stop what this `Segment` is doing; to 0 before it goes on. */
  readonly stopFlag: Int32Array<SharedArrayBuffer>;
  readonly #handle: SegmentHandle;
  readonly #layout: SegmentLayout;
  readonly #vectorsLayout: VectorsLayout | undefined;
  readonly #exports: KernelExports;
  /** Undefined where the vectors are not in memory. */
  readonly #vectorRanks: Rescorer | undefined;
  readonly #header: Int32Array;
  readonly #input: Float32Array;
  readonly #results: Uint32Array;
  readonly #allowed: Uint32Array;
  readonly #tombstones: Uint32Array;
  readonly #vectorRows: Float32Array | undefined;
  readonly #guest: SegmentGuest | undefined;
  readonly #slot: number;
  #rowsWritten: number;
  #isOpen = true;
  #effort: SearchEffort = { method: "exact", matches: 0, codeDistances: 0, exactDistances: 0 };

  /**
   * An empty segment.
   *
   * @param hasVectors false for one of codes alone, whose vectors are not in memory
   * @throws AkiDbError `invalid_argument` that names the options that are wrong
   */
  static create(kernel: Kernel, options: SegmentOptions, { hasVectors = true } = {}): Segment {
    checkSegmentOptions(options);
    const isFloat = options.quantization === "none";
    assert(hasVectors || !isFloat, "a segment of floats walks by its vectors");
    const memory = createSegmentMemory(options, layOutSegment(options));
    const vectors = isFloat || !hasVectors ? undefined : allocateMemory(layOutVectors(options).pages);
    return new Segment(kernel, { options, memory, vectors });
  }

  /**
   * The segment of a handle, for the calling thread; to be closed when that thread is done with it.
   *
   * @throws AkiDbError `unavailable` where too many threads have it open
   */
  static open(kernel: Kernel, handle: SegmentHandle, guest?: SegmentGuest): Segment {
    return new Segment(kernel, handle, guest);
  }

  private constructor(kernel: Kernel, handle: SegmentHandle, guest?: SegmentGuest) {
    const { options, memory, vectors } = handle;
    const layout = layOutSegment(options);
    this.options = options;
    this.#handle = handle;
    this.#layout = layout;
    this.#header = new Int32Array(memory.buffer, 0, words.headerWords);
    assert(this.#header[words.formatWord] === words.formatVersion, "a segment has the kernel's format");
    this.#guest = guest;
    this.#slot = takeSlot(this.#header, guest);
    this.#exports = instantiateKernel(kernel, memory);
    this.#exports.attach(this.#slot);
    const { buffer } = memory;
    const scratch = layout.scratch.offset + this.#slot * layout.scratchBytes;
    this.stopFlag = new Int32Array(buffer, scratch, 1);
    Atomics.store(this.stopFlag, 0, 0);
    this.#input = new Float32Array(buffer, scratch + inputAt, layout.width).fill(0);
    this.#results = new Uint32Array(buffer, scratch + poolAt, 2 * poolKeysMax);
    this.#allowed = new Uint32Array(buffer, scratch + allowedAt, Math.ceil(options.capacity / 32));
    this.#tombstones = new Uint32Array(buffer, layout.tombstones.offset, this.#allowed.length);
    this.#rowsWritten = Atomics.load(this.#header, words.rowCountWord);

    const common = {
      metric: options.metric,
      metricNumber: layout.metric,
      dimension: options.dimension,
      codeUnit: () => this.#exports.unit(),
    };
    if (vectors === undefined) {
      this.#vectorsLayout = undefined;
      this.#vectorRows = undefined;
      this.#vectorRanks =
        layout.rescore &&
        new Rescorer({
          ...common,
          memory,
          exports: this.#exports,
          vectors: layout.rows.offset,
          vectorBytes: layout.rowBytes,
          scratch,
          shape: layout.rescore,
          unit: () => this.#exports.unit(),
        });
    } else {
      const beside = layOutVectors(options);
      this.#vectorsLayout = beside;
      this.#vectorRows = new Float32Array(vectors.buffer, beside.vectors.offset, beside.vectors.bytes / 4);
      this.#vectorRanks = new Rescorer({
        ...common,
        memory: vectors,
        exports: instantiateKernel(kernel, vectors),
        vectors: beside.vectors.offset,
        vectorBytes: beside.vectorBytes,
        scratch: beside.scratch.offset + this.#slot * (beside.scratch.bytes / segmentThreadsMax),
        shape: beside.rescore,
        unit: () => 1,
      });
    }
  }

  handle(): SegmentHandle {
    return this.#handle;
  }

  /** Whose this one is, and are views of it; undefined where the thread is none. */
  get guest(): SegmentGuest | undefined {
    return this.#guest;
  }

  /** Rows that searches see. */
  get rowCount(): number {
    return Atomics.load(this.#header, words.rowCountWord);
  }

  /** Rows from the first on that are in the graph; the others are the tail, which every search scans. */
  get linkedCount(): number {
    return Atomics.load(this.#header, words.linkedPrefixWord);
  }

  /** Rows that no builder has taken up yet. */
  get unclaimedCount(): number {
    return Math.max(0, this.rowCount - Atomics.load(this.#header, words.linkNextWord));
  }

  /** Whether it can rank, add and read vectors; without them it walks, and finds by codes. */
  get hasVectors(): boolean {
    return this.#vectorRanks !== undefined;
  }

  /** Memory of the rows written so far, in codes, links, vectors and bookkeeping. */
  get memoryBytes(): number {
    const bytes = segmentBytes(this.#handle.memory, this.#layout, this.#vectorsLayout, this.options.linksMax);
    return bytes.codes + bytes.links + bytes.vectors + bytes.bookkeeping;
  }

  /**
   * Writes a vector; searches see it after the next {@link Segment.publish}. Of the writer's thread only.
   *
   * @returns its row
   * @throws AkiDbError `invalid_argument` for a vector of another dimension or one that is not finite;
   *   `quota_exceeded` where the segment is full
   */
  add(vector: Float32Array): number {
    assert(this.hasVectors, "rows are added where their vectors are kept");
    this.#checkVector("vector", vector);
    const row = this.#rowsWritten;
    if (row === this.options.capacity)
      throw quotaExceeded(`the segment holds its ${row} rows; start another`);
    this.#input.set(vector);
    this.#vectorRows?.set(vector, row * (this.#vectorsLayout!.vectorBytes / 4));
    this.#exports.writeRow(row);
    this.#rowsWritten = row + 1;
    return row;
  }

  /** Shows everything added so far to searches and builders. Of the writer's thread only. */
  publish(): void {
    Atomics.store(this.#header, words.rowCountWord, this.#rowsWritten);
  }

  /**
   * Hides a row from all searches that begin after it.
   *
   * @returns whether it was alive
   */
  remove(row: number): boolean {
    this.#checkRow(row);
    return this.#exports.removeRow(row) !== 0;
  }

  isDead(row: number): boolean {
    this.#checkRow(row);
    return ((Atomics.load(this.#tombstones, row >>> 5) >>> (row & 31)) & 1) !== 0;
  }

  /**
   * Links up to `most` rows of the tail into the graph, in the calling thread, side by side with others that do so and
   * with searches. With one thread the graph follows from the seed and the order of the rows alone.
   *
   * @returns how many it linked; fewer than `most` where none were left, or it was stopped
   */
  link(most: number): number {
    if (!Number.isInteger(most) || most < 0) throw invalidArgument("most", "must be an integer from 0");
    this.#checkOpen();
    return this.#exports.linkRows(Math.min(most, this.options.capacity));
  }

  /**
   * The `k` nearest rows, best first, with exact scores unless it is by codes alone.
   *
   * @throws AkiDbError `invalid_argument` for a bad query, `deadline_exceeded` when it was stopped, or took more than it may
   */
  search(vector: Float32Array, query: SegmentQuery): SearchResult {
    const found = this.trySearch(vector, query);
    if (found === undefined) throw stopped();
    return found;
  }

  /**
   * @returns undefined where it would take more than `codeDistancesMax` allows, or was stopped
   * @throws AkiDbError `invalid_argument`
   */
  trySearch(vector: Float32Array, query: SegmentQuery): SearchResult | undefined {
    if (query.exact === true) return this.#searchExactly(vector, query);
    const found = this.#walk(vector, query);
    return found < 0 ? undefined : this.#rank(vector, query, found);
  }

  /**
   * As {@link Segment.trySearch}, before anything is ranked by its vector.
   *
   * @returns undefined where it would take more than `codeDistancesMax` allows, or was stopped
   * @throws AkiDbError `invalid_argument`
   */
  tryFind(vector: Float32Array, query: Omit<SegmentQuery, "exact" | "byCodes">): FoundKeys | undefined {
    const found = this.#walk(vector, query);
    return found < 0 ? undefined : this.#foundKeys(found);
  }

  /**
   * A search in steps. Nothing else is done with this `Segment` until it is complete or given up; another one over the same
   * handle can go on.
   *
   * @throws AkiDbError `invalid_argument`
   */
  beginSearch(vector: Float32Array, query: SlicedQuery): SlicedSearch {
    this.#checkVector("vector", vector);
    const width = { ...searchWidth(query), rankedMax: 0 };
    this.#input.set(vector);
    let found = this.#searchAllowed(query.filter, width, true);
    return {
      advance: (codeDistancesMax) => {
        if (found < 0) found = this.#exports.resumeSearch(codeDistancesMax);
        return found >= 0;
      },
      result: () => this.#rank(vector, query, found),
      found: () => this.#foundKeys(found),
    };
  }

  /** What the last search by this `Segment` took that came to its end. */
  get effort(): SearchEffort {
    return this.#effort;
  }

  /**
   * Bit per row: published, alive, and allowed where there is a filter, as it is now. A copy, which an exact search may
   * be begun with at any later time, in any thread.
   */
  candidates(filter?: RowFilter): Uint32Array<ArrayBuffer> {
    this.#checkOpen();
    const shown = this.rowCount;
    if (filter !== undefined) assertFilterFits(filter, shown);
    const rowCount = filter?.rowCount ?? shown;
    const candidates = new Uint32Array(Math.ceil(rowCount / 32));
    for (let word = 0; word < candidates.length; word++) {
      candidates[word] = ~this.#tombstones[word]! & (filter?.words[word] ?? 0xffff_ffff);
    }
    if (rowCount % 32 !== 0) candidates[candidates.length - 1]! &= (1 << (rowCount % 32)) - 1;
    return candidates;
  }

  /**
   * An exact search of some rows, in steps. Nothing else is done with this `Segment` until it is complete or given up;
   * another one over the same handle can go on.
   *
   * @throws AkiDbError `invalid_argument`
   */
  beginExact(vector: Float32Array, { k, candidates, firstRow = 0 }: ExactQuery): ExactScan {
    this.#checkVector("vector", vector);
    assert(firstRow + 32 * (candidates.length - 1) < this.rowCount, "candidates are published rows");
    this.#rescorer.begin(vector, Math.min(k, 32 * candidates.length));
    return new ExactScan({ rescorer: this.#rescorer, candidates, firstRow });
  }

  /** A copy of a row's vector, dead or alive, in `target`. */
  vectorOf(row: number, target: Float32Array = new Float32Array(this.options.dimension)): Float32Array {
    this.#checkRow(row);
    assert(target.length === this.options.dimension, "a vector of the dimension");
    this.#rescorer.readVector(row, target);
    return target;
  }

  stats(): SegmentStats {
    return segmentStats(this.#handle.memory, this.#layout, this.#vectorsLayout, this.options.linksMax);
  }

  /** Gives the calling thread's working space back. The memory lives as long as some thread holds the handle. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    const { memoryBytes } = this;
    releaseSlot(this.#header, this.#slot);
    sharedMemoryGone(this, memoryBytes);
  }

  /** The same for a guest whose thread has ended without. */
  closeFor(guestNumber: number): void {
    releaseSlotsOf(this.#header, guestNumber);
  }

  #searchExactly(vector: Float32Array, query: SegmentQuery): SearchResult | undefined {
    const scan = this.beginExact(vector, { k: query.k, candidates: this.candidates(query.filter) });
    do {
      if (Atomics.load(this.stopFlag, 0) !== 0) return undefined;
    } while (!scan.advance(exactStepRows));
    const compared = this.#rescorer.rankedCount;
    this.#effort = { method: "exact", matches: compared, codeDistances: 0, exactDistances: compared };
    return scan.result();
  }

  /** @returns how many it found; below 0 where it did not come to its end */
  #walk(vector: Float32Array, query: SegmentQuery): number {
    this.#checkVector("vector", vector);
    const width = searchWidth(query);
    this.#input.set(vector);
    const { ef, rescored, rankedMax } = width;
    return query.filter === undefined
      ? this.#exports.searchRows(ef, rescored, rankedMax)
      : this.#searchAllowed(query.filter, width, query.asOfFilter === true);
  }

  #foundKeys(found: number): FoundKeys {
    this.#effort = readEffort(this.#exports, 0);
    return { keys: this.#results.slice(0, 2 * found), codeUnit: this.#exports.unit() };
  }

  /** What the kernel has found. */
  #rank(vector: Float32Array, { k, byCodes = false }: SegmentQuery, found: number): SearchResult {
    if (byCodes) return this.#scoreByCodes(Math.min(k, found));
    this.#rescorer.begin(vector, k);
    this.#rescorer.offerKeys(this.#results, found);
    this.#effort = readEffort(this.#exports, this.#rescorer.rankedCount);
    return this.#rescorer.result();
  }

  #scoreByCodes(k: number): SearchResult {
    const { metric, quantization } = this.options;
    this.#effort = readEffort(this.#exports, 0);
    const probeSquares = quantization === "none" ? 0 : this.#exports.probeSquares();
    return codeScores(this.#results, k, { metric, probeSquares, unit: this.#exports.unit() });
  }

  #searchAllowed(filter: RowFilter, { ef, rescored, rankedMax }: SearchWidth, asOfFilter: boolean): number {
    const { words, rowCount } = filter;
    assertFilterFits(filter, this.rowCount);
    this.#allowed.set(words.subarray(0, Math.ceil(rowCount / 32)));
    return this.#exports.searchAllowedRows(ef, rescored, rowCount, rankedMax, asOfFilter ? 1 : 0);
  }

  get #rescorer(): Rescorer {
    assert(this.#vectorRanks !== undefined, "a segment ranks by vectors that are in memory");
    return this.#vectorRanks;
  }

  #checkVector(path: string, vector: Float32Array): void {
    this.#checkOpen();
    if (vector.length !== this.options.dimension) {
      throw invalidArgument(path, `must have ${this.options.dimension} components, not ${vector.length}`);
    }
    for (let i = 0; i < vector.length; i++) {
      if (!Number.isFinite(vector[i]!)) throw invalidArgument(`${path}[${i}]`, "must be finite");
    }
  }

  #checkRow(row: number): void {
    this.#checkOpen();
    const written = Math.max(this.#rowsWritten, this.rowCount);
    if (!Number.isInteger(row) || row < 0 || row >= written) {
      throw invalidArgument("row", `must be an integer below ${written}, the number of rows`);
    }
  }

  #checkOpen(): void {
    assert(this.#isOpen, "a closed segment is not used");
  }
}

const stopped = (): AkiDbError => deadlineExceeded("the search was stopped before it was done");

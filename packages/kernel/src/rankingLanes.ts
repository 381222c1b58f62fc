import { assert, type Metric } from "@akidb/base";
import { allocateMemory } from "./createSegmentMemory.ts";
import { instantiateKernel, type Kernel } from "./kernel.ts";
import type { KernelExports } from "./kernelExports.ts";
import { Rescorer, type SearchResult } from "./rescorer.ts";
import type { FoundKeys } from "./segment.ts";
import {
  broughtRowsMax,
  layOutRanking,
  metricNumbers,
  pageBytes,
  type RankingLayout,
} from "./segmentLayout.ts";

export interface RankingOptions {
  readonly kernel: Kernel;
  readonly dimension: number;
  readonly metric: Metric;
  /** Searches that rank at the same time, at most. */
  readonly lanesMax: number;
  /** Of vectors that are brought as they lie elsewhere, at once. */
  readonly windowBytes: number;
}

/** Ranks rows by vectors that are brought from elsewhere: each search in a lane of its own, all in one memory. */
export class RankingLanes {
  readonly #options: RankingOptions;
  readonly #layout: RankingLayout;
  readonly #memory: WebAssembly.Memory;
  readonly #free: RankingLane[] = [];
  readonly #waiting: ((lane: RankingLane) => void)[] = [];
  #made = 0;

  /** @throws AkiDbError `unavailable` where the machine has no address space left */
  constructor(options: RankingOptions) {
    this.#options = options;
    this.#layout = layOutRanking(options.dimension, options.windowBytes);
    this.#memory = allocateMemory((this.#layout.bytes * options.lanesMax) / pageBytes + 1);
  }

  /** Of the lanes that were ever used. */
  get memoryBytes(): number {
    return this.#made * this.#layout.bytes;
  }

  /** Of one vector, as it is brought. */
  get vectorBytes(): number {
    return this.#layout.vectorBytes;
  }

  /** A lane, once one is free, for its taker alone until the work ends. */
  async use<T>(work: (lane: RankingLane) => Promise<T>): Promise<T> {
    const lane = this.#free.pop() ?? this.#next() ?? (await this.#awaited());
    try {
      return await work(lane);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free.push(lane);
      else next(lane);
    }
  }

  #awaited(): Promise<RankingLane> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #next(): RankingLane | undefined {
    if (this.#made === this.#options.lanesMax) return undefined;
    const start = this.#layout.bytes * this.#made++;
    return new RankingLane(this.#options, this.#memory, this.#layout, start);
  }
}

/** Where one search ranks: {@link RankingLane.begin}, offers, one result. */
export class RankingLane {
  /** For vectors one after the other. */
  readonly slots: Uint8Array;
  /** For vectors as they lie elsewhere, from any byte on. */
  readonly window: Uint8Array;
  readonly #exports: KernelExports;
  readonly #rescorer: Rescorer;
  readonly #layout: RankingLayout;
  readonly #start: number;
  readonly #room: Uint8Array;
  #codeUnit = 1;

  constructor(
    { kernel, metric, dimension }: RankingOptions,
    memory: WebAssembly.Memory,
    layout: RankingLayout,
    start: number,
  ) {
    const { slots, window, vectorBytes } = layout;
    this.#layout = layout;
    this.#start = start;
    this.#room = new Uint8Array(memory.buffer, start, layout.bytes);
    this.slots = this.#room.subarray(slots.offset, slots.offset + slots.bytes);
    this.window = this.#room.subarray(window.offset, window.offset + window.bytes);
    this.#exports = instantiateKernel(kernel, memory);
    this.#rescorer = new Rescorer({
      memory,
      exports: this.#exports,
      metric,
      metricNumber: metricNumbers[metric],
      dimension,
      vectors: start + slots.offset,
      vectorBytes,
      scratch: start,
      shape: layout.rescore,
      unit: () => 1,
      codeUnit: () => this.#codeUnit,
    });
  }

  begin(query: Float32Array, k: number): void {
    this.#rescorer.begin(query, k);
  }

  /**
   * Ranks as many of what was found by codes as it takes: yields the rows whose vectors are to be in the slots, one after
   * the other, when it goes on. The array is good until then.
   */
  *wantedOf({ keys, codeUnit }: FoundKeys): Generator<Uint32Array, void> {
    this.#codeUnit = codeUnit;
    this.#useSlots();
    yield* this.#rescorer.wantedOf(keys, broughtRowsMax);
  }

  /** Ranks rows whose vectors are in the slots, one after the other. */
  offerSlots(rows: Uint32Array): void {
    assert(rows.length <= broughtRowsMax, "as many rows are ranked as there are slots");
    this.#useSlots();
    this.#rescorer.offerBrought(rows);
  }

  /**
   * Ranks rows whose vectors are in the window, or begin before it and were kept by {@link RankingLane.keepEnd}.
   *
   * @param position of the window's first byte among all vectors, one after the other
   */
  offerWindow(rows: Uint32Array, position: number): void {
    // Addresses are of 32 bits and wrap around, so that row 0 may lie anywhere.
    this.#exports.moveVectors(this.#start + this.#layout.window.offset - position);
    this.#rescorer.offer(rows);
  }

  /** Keeps the last bytes of the window before it, where the vector goes on in what the window holds next. */
  keepEnd(bytes: number, windowBytes: number): void {
    const { offset } = this.#layout.window;
    this.#room.copyWithin(offset - bytes, offset + windowBytes - bytes, offset + windowBytes);
  }

  get rankedCount(): number {
    return this.#rescorer.rankedCount;
  }

  result(): SearchResult {
    return this.#rescorer.result();
  }

  #useSlots(): void {
    this.#exports.moveVectors(this.#start + this.#layout.slots.offset);
  }
}

import { assert } from "@akidb/base";
import type { ExactQuery, SearchResult, Segment } from "@akidb/kernel";

/** What one builder looks at in one turn. */
export interface ScanPart extends Pick<ExactQuery, "candidates" | "firstRow"> {
  readonly segment: Segment;
}

export interface PoolScanQuery {
  readonly vector: Float32Array;
  readonly k: number;
  /** Not to be changed before the scan is done. */
  readonly parts: readonly ScanPart[];
  /** Ends the scan early: nobody waits for it any more. */
  readonly signal: AbortSignal;
}

/** An exact scan that builders share: which parts are waiting, in hand and done. */
export class PoolScan {
  readonly query: PoolScanQuery;
  readonly stopFlag = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  readonly #results: SearchResult[] = [];
  readonly #result = Promise.withResolvers<readonly SearchResult[] | undefined>();
  readonly #ended = Promise.withResolvers<void>();
  #taken = 0;
  #inHand = 0;

  constructor(query: PoolScanQuery) {
    assert(query.parts.length > 0, "a scan has something to look at");
    this.query = query;
  }

  /** Of each part, in their order; undefined where the scan was stopped before it was complete. */
  get result(): Promise<readonly SearchResult[] | undefined> {
    return this.#result.promise;
  }

  /** Resolves when no builder has a part in hand, or ever will. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  get #isStopped(): boolean {
    return this.stopFlag[0] !== 0;
  }

  /** Whether there are parts that no builder has taken. */
  get isWaiting(): boolean {
    return !this.#isStopped && this.#taken < this.query.parts.length;
  }

  reads(segment: Segment): boolean {
    return this.query.parts.some((part) => part.segment === segment);
  }

  /** @returns the number of the next part, for a builder's hands */
  take(): number {
    this.#inHand += 1;
    return this.#taken++;
  }

  /** A builder has done with a part. */
  put(part: number, result: SearchResult | undefined): void {
    this.#inHand -= 1;
    if (result !== undefined) this.#results[part] = result;
    this.#settle();
  }

  /** It gives its caller up at once, and its builders when they next look. */
  stop(): void {
    Atomics.store(this.stopFlag, 0, 1);
    this.#settle();
  }

  #settle(): void {
    if (this.isWaiting || (this.#inHand > 0 && !this.#isStopped)) return;
    // What was complete before it was stopped has been handed over by then.
    this.#result.resolve(this.#isStopped ? undefined : this.#results);
    if (this.#inHand === 0) this.#ended.resolve();
  }
}

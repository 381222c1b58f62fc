import type { Deadline } from "@akidb/base";
import { Segment } from "@akidb/kernel";
import type { Builders } from "../builders/builders.ts";
import { countRows } from "../payload/rowBitset.ts";
import { cutIntoParts } from "./cutIntoParts.ts";
import { mergeRanked } from "./mergeRanked.ts";
import { runInSlices } from "./runInSlices.ts";
import type { SegmentSnapshot } from "./segmentSnapshot.ts";
import type { SliceLane } from "./sliceLane.ts";
import type { FoundRows, RankedRows } from "./vectorIndex.ts";

export interface ExactSearchesOptions {
  readonly builders: Builders;
  readonly dimension: number;
  /** For what the calling thread does. */
  readonly lane: SliceLane;
  /** Multiply-adds of a search up to which the calling thread does it itself. */
  readonly ownComponentsMax: number;
}

/** All segments at one moment. */
export interface ExactSearch {
  readonly vector: Float32Array;
  readonly k: number;
  readonly snapshot: readonly SegmentSnapshot[];
}

/** Multiply-adds that are worth a message to a builder and back. */
const partComponentsMin = 2 ** 21;

/** So that builders who begin at different times are done at about the same time. */
const partsPerBuilder = 4;

/**
 * Searches that look at every candidate. One that takes long is left to builders, which share it; the calling thread
 * does what is short, what builders have no room for, and what one of them died of.
 */
export class ExactSearches {
  readonly #options: ExactSearchesOptions;

  constructor(options: ExactSearchesOptions) {
    this.#options = options;
  }

  /** @throws AkiDbError what the deadline throws */
  async search(search: ExactSearch, deadline: Deadline): Promise<FoundRows> {
    const efforts = search.snapshot.map(({ candidates }) => {
      const count = countRows(candidates);
      return {
        method: "exact",
        matches: count,
        codeDistances: 0,
        exactDistances: count,
        tailRows: 0,
      } as const;
    });
    const count = efforts.reduce((sum, { matches }) => sum + matches, 0);
    return { ...(await this.#search(search, count, deadline)), efforts };
  }

  async #search(search: ExactSearch, count: number, deadline: Deadline): Promise<RankedRows> {
    const { dimension, ownComponentsMax, lane } = this.#options;
    if (count * dimension > ownComponentsMax) {
      const found = await this.#searchInBuilders(search, count, deadline.signal);
      if (found !== undefined) return found;
      deadline.check();
    }
    return await lane.run(() => this.#searchInSlices(search, deadline), deadline);
  }

  async #searchInBuilders(
    { vector, k, snapshot }: ExactSearch,
    count: number,
    signal: AbortSignal,
  ): Promise<RankedRows | undefined> {
    const { builders, dimension } = this.#options;
    const share = Math.ceil(count / (partsPerBuilder * builders.threadCount));
    const parts = cutIntoParts(snapshot, Math.max(share, Math.ceil(partComponentsMin / dimension)));
    const results = await builders.scan({ vector, k, parts, signal });
    if (results === undefined) return undefined;
    return mergeRanked(
      results.map((result, part) => ({ firstRow: parts[part]!.placed.firstRow, ...result })),
      k,
    );
  }

  async #searchInSlices({ vector, k, snapshot }: ExactSearch, deadline: Deadline): Promise<RankedRows> {
    const { builders, dimension } = this.#options;
    const parts = [];
    for (const { segment, firstRow, candidates } of snapshot) {
      // A view of its own: between slices, other searches use this one's working space.
      const view = Segment.open(builders.kernel, segment.handle());
      try {
        const scan = view.beginExact(vector, { k, candidates });
        await runInSlices((rowsMax) => scan.advance(rowsMax), dimension, deadline);
        parts.push({ firstRow, ...scan.result() });
      } finally {
        view.close();
      }
    }
    return mergeRanked(parts, k);
  }
}

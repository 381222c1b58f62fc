import { assert, type Deadline } from "@akidb/base";
import {
  type FoundKeys,
  type Kernel,
  type RowFilter,
  type SearchResult,
  Segment,
  type SegmentOptions,
  type SlicedSearch,
} from "@akidb/kernel";
import { mergeRanked, type SegmentRanks } from "./mergeRanked.ts";
import type { PlacedSegment } from "./placedSegment.ts";
import { partOfFilter } from "./placedSegment.ts";
import type { SliceLane } from "./sliceLane.ts";
import type { FoundRows, SegmentEffort } from "./vectorIndex.ts";

export interface GraphSearchesOptions {
  readonly kernel: Kernel;
  readonly lane: SliceLane;
  /** Nanoseconds of a search up to which it is done in one go, and twice those of a slice; a few milliseconds' if absent. */
  readonly ownNsMax?: number;
  /** For segments whose vectors are not in memory. */
  readonly rank?: RankElsewhere;
}

/** Ranks what a search found in a segment by codes. */
export type RankElsewhere = (
  placed: PlacedSegment,
  search: Pick<GraphSearch, "vector" | "k">,
  found: FoundKeys,
) => Promise<RankedElsewhere>;

export interface RankedElsewhere extends SearchResult {
  /** Rows compared by their vectors. */
  readonly exactDistances: number;
}

export interface GraphSearch {
  readonly vector: Float32Array;
  readonly k: number;
  /** `k` at least. */
  readonly ef: number;
  readonly byCodes: boolean;
  readonly filter: RowFilter | undefined;
}

interface FoundInSegment extends SegmentRanks {
  readonly effort: SegmentEffort;
}

/** Found by codes, and to be ranked by vectors. */
interface UnrankedInSegment {
  readonly placed: PlacedSegment;
  readonly found: FoundKeys;
  readonly effort: SegmentEffort;
}

const ownNsMaxDefault = 4e6;

/** Rows that a walk meets for each candidate that it keeps: measured, of 100,000 rows, M 16 and 32. */
const rowsPerCandidate = 20;

/**
 * Searches through graphs. The calling thread does a usual one in one go; one that turns out to take long begins anew in
 * slices, of its moment all the same, and others do what they have to do between these.
 */
export class GraphSearches {
  readonly #options: GraphSearchesOptions;
  readonly #ownNsMax: number;

  constructor(options: GraphSearchesOptions) {
    this.#options = options;
    this.#ownNsMax = options.ownNsMax ?? ownNsMaxDefault;
  }

  /** @throws AkiDbError what the deadline throws */
  async search(
    segments: readonly PlacedSegment[],
    search: GraphSearch,
    deadline: Deadline,
  ): Promise<FoundRows> {
    const found: (FoundInSegment | UnrankedInSegment)[] = [];
    let nsLeft = this.#ownNsMax;
    for (const placed of segments) {
      const inSegment = searchAtOnce(placed, search, nsLeft);
      if (inSegment === undefined) break;
      found.push(inSegment);
      nsLeft -= inSegment.effort.codeDistances * distanceNs(placed.segment.options, search.ef);
    }
    if (found.length < segments.length) {
      const rest = segments.slice(found.length).map((placed) => momentOf(placed, search.filter));
      const work = () => this.#searchInSlices(rest, search, deadline);
      found.push(...(await this.#options.lane.run(work, deadline)));
    }
    const ranked = found.every(isRanked) ? found : await this.#rank(found, search);
    return { ...mergeRanked(ranked, search.k), efforts: ranked.map(({ effort }) => effort) };
  }

  async #rank(
    found: readonly (FoundInSegment | UnrankedInSegment)[],
    search: GraphSearch,
  ): Promise<readonly FoundInSegment[]> {
    const { rank } = this.#options;
    assert(rank !== undefined, "where vectors are not in memory, they are brought");
    const ranked: FoundInSegment[] = [];
    for (const each of found) {
      if (isRanked(each)) {
        ranked.push(each);
        continue;
      }
      const { exactDistances, ...result } = await rank(each.placed, search, each.found);
      const { firstRow } = each.placed;
      ranked.push({ firstRow, ...result, effort: { ...each.effort, exactDistances } });
    }
    return ranked;
  }

  async #searchInSlices(
    moments: readonly SegmentMoment[],
    { vector, k, ef, byCodes, filter }: GraphSearch,
    deadline: Deadline,
  ): Promise<(FoundInSegment | UnrankedInSegment)[]> {
    const found: (FoundInSegment | UnrankedInSegment)[] = [];
    for (const { segment, firstRow, candidates, tailRows } of moments) {
      // A view of its own: between slices, other searches use this one's working space.
      const view = Segment.open(this.#options.kernel, segment.handle(), segment.guest);
      try {
        const distancesPerSlice = Math.ceil(this.#ownNsMax / 2 / distanceNs(segment.options, ef));
        const search = view.beginSearch(vector, { k, ef, byCodes, filter: candidates });
        while (!search.advance(distancesPerSlice)) {
          await new Promise((resolve) => setImmediate(resolve));
          deadline.check();
        }
        const ranked = resultOf(search, { segment, firstRow, byCodes });
        // All rows were allowed where the query has no filter: what was walked is the graph.
        const isGraph = filter === undefined && view.effort.method === "checked_walk";
        const effort = { ...view.effort, ...(isGraph && { method: "graph" as const }), tailRows };
        found.push({ ...ranked, effort });
      } finally {
        view.close();
      }
    }
    return found;
  }
}

/** A segment's rows as they are now: live, and allowed. */
interface SegmentMoment extends PlacedSegment {
  readonly candidates: RowFilter;
  readonly tailRows: number;
}

function momentOf(placed: PlacedSegment, filter: RowFilter | undefined): SegmentMoment {
  const { segment, firstRow } = placed;
  const part = partOfFilter(filter, placed);
  const candidates = { words: segment.candidates(part), rowCount: part?.rowCount ?? segment.rowCount };
  return { segment, firstRow, candidates, tailRows: segment.rowCount - segment.linkedCount };
}

const isRanked = (found: FoundInSegment | UnrankedInSegment): found is FoundInSegment => "rows" in found;

/** Of a search that is complete. */
function resultOf(
  search: SlicedSearch,
  { byCodes, ...placed }: PlacedSegment & Pick<GraphSearch, "byCodes">,
): Omit<FoundInSegment, "effort"> | Omit<UnrankedInSegment, "effort"> {
  const isRankedHere = byCodes || placed.segment.hasVectors;
  return isRankedHere ? { firstRow: placed.firstRow, ...search.result() } : { placed, found: search.found() };
}

/** Undefined where it takes more than that. */
function searchAtOnce(
  placed: PlacedSegment,
  { vector, k, ef, byCodes, filter }: GraphSearch,
  nsMax: number,
): FoundInSegment | UnrankedInSegment | undefined {
  const { segment, firstRow } = placed;
  const tailRows = segment.rowCount - segment.linkedCount;
  const codeDistancesMax = Math.floor(nsMax / distanceNs(segment.options, ef));
  const expected = filter === undefined ? ef * rowsPerCandidate + tailRows : 0;
  if (codeDistancesMax < 0 || Math.min(expected, segment.rowCount) > codeDistancesMax) return undefined;
  const part = partOfFilter(filter, placed);
  const query = { k, ef, codeDistancesMax, ...(part !== undefined && { filter: part }) };
  if (!byCodes && !segment.hasVectors) {
    const keys = segment.tryFind(vector, query);
    return keys && { placed, found: keys, effort: { ...segment.effort, tailRows } };
  }
  const ranked = segment.trySearch(vector, { ...query, byCodes });
  return ranked && { firstRow, ...ranked, effort: { ...segment.effort, tailRows } };
}

/**
 * Of one row compared by its code, about: what the kernel's `filterCosts.ts` says, and the keys of a wide pool, which move
 * to make room for it.
 */
function distanceNs({ dimension, quantization }: SegmentOptions, ef: number): number {
  const codeBytes = { int8: dimension, binary: dimension / 8, none: 4 * dimension }[quantization];
  return 12 + 0.11 * codeBytes + ef / 64;
}

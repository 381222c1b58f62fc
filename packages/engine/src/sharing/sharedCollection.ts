import { type Clock, type Deadline, type Match, scoreToDistance } from "@akidb/base";
import { type Kernel, Segment } from "@akidb/kernel";
import { DocumentReader } from "../adapters/sqlite/documentReader.ts";
import type { ResolvedDocument } from "../collection/mutation.ts";
import { DamagedFileError } from "../damagedFileError.ts";
import { DocumentCache } from "../documents/documentCache.ts";
import { GraphSearches } from "../index/graphSearches.ts";
import type { PlacedSegment } from "../index/placedSegment.ts";
import { SliceLane } from "../index/sliceLane.ts";
import type { FoundRows } from "../index/vectorIndex.ts";
import { planOf } from "../query/candidateSearch.ts";
import { checkQuery } from "../query/checkQuery.ts";
import type { CollectionQuery, QueryAnswer } from "../query/collectionQuery.ts";
import { QueryTrace } from "../query/queryTrace.ts";
import { explain } from "../query/runQuery.ts";
import { AnswerSize } from "../reads/answerSize.ts";
import { describeDocument } from "../reads/describeDocument.ts";
import { SharedRowIds } from "../rows/sharedRowIds.ts";
import type { CollectionShare } from "./collectionShare.ts";
import { SharedMoment } from "./sharedMoment.ts";

/** The nearest to a vector, through the graph; whatever else can be asked is another thread's to answer. */
export type PlainQuery = Pick<
  CollectionQuery,
  "vector" | "topK" | "offset" | "ef" | "minScore" | "include" | "rescore"
>;

export interface SharedCollectionParts {
  readonly share: CollectionShare;
  readonly kernel: Kernel;
  readonly clock: Clock;
  /** This thread's, as {@link SegmentGuest.number}. */
  readonly guestNumber: number;
  /** For documents read lately. */
  readonly cacheBytesMax: number;
}

/** Documents that are read in one go, before it is known whether the answer holds them. */
const documentsAtOnce = 256;

/** A collection of another thread, searched in this one: it answers as that one would, or not at all. */
export class SharedCollection implements Disposable {
  readonly #share: CollectionShare;
  readonly #clock: Clock;
  readonly #moment: SharedMoment;
  readonly #segments: readonly PlacedSegment[];
  readonly #searches: GraphSearches;
  readonly #rowIds: SharedRowIds;
  readonly #documents: DocumentReader;
  /** By row. */
  readonly #cache: DocumentCache<number>;
  /** The moment that the cache is of. */
  #cachedAt: number | undefined;
  #users = 0;
  #isClosed = false;

  /** @throws AkiDbError `unavailable`, DamagedFileError where this thread cannot read it */
  constructor({ share, kernel, clock, guestNumber, cacheBytesMax }: SharedCollectionParts) {
    this.#share = share;
    this.#cache = new DocumentCache(cacheBytesMax);
    this.#clock = clock;
    this.#moment = new SharedMoment(share.moment);
    this.#rowIds = new SharedRowIds(share.rowKeys);
    this.#searches = new GraphSearches({ kernel, lane: new SliceLane() });
    const guest = { number: guestNumber, firstSlot: share.firstSlot };
    const segments: PlacedSegment[] = [];
    this.#segments = segments;
    try {
      for (const { handle, firstRow } of share.segments) {
        segments.push({ segment: Segment.open(kernel, handle, guest), firstRow });
      }
      this.#documents = new DocumentReader(share.documents);
    } catch (error) {
      for (const { segment } of segments) segment.close();
      throw error;
    }
  }

  get cacheBytes(): number {
    return this.#cache.bytes;
  }

  set cacheBytesMax(bytesMax: number) {
    this.#cache.bytesMax = bytesMax;
  }

  /** It answers nothing any more. */
  get isEnded(): boolean {
    return this.#isClosed || this.#moment.isEnded;
  }

  /**
   * @returns undefined where something was changed meanwhile, or is not where this thread can read it: then whoever writes the
   *   collection is to be asked, also where a document cannot be read
   * @throws AkiDbError `invalid_argument`; what the deadline throws
   */
  async query(query: PlainQuery, deadline: Deadline): Promise<QueryAnswer | undefined> {
    const now = this.#moment.now();
    if (now === undefined || this.#isClosed) return undefined;
    this.#users += 1;
    try {
      const answer = await this.#search(query, now, deadline);
      return this.#moment.isStill(now) ? answer : undefined;
    } catch (error) {
      if (error instanceof DamagedFileError || !this.#moment.isStill(now)) return undefined;
      throw error;
    } finally {
      this.#users -= 1;
      this.#releaseIfUnused();
    }
  }

  /** Searches that are under way end first. */
  [Symbol.dispose](): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#releaseIfUnused();
  }

  async #search(query: PlainQuery, now: number, deadline: Deadline): Promise<QueryAnswer> {
    const { efSearch } = this.#share;
    const { target, topK, offset, ef = efSearch, minScore, rescore } = checkQuery(query, this.#share);
    if (target.kind !== "vector") throw new TypeError("a plain query is one of a vector");
    const { vector } = target;
    const trace = new QueryTrace(this.#clock);
    const k = offset + topK;
    const search = { vector, k, ef: Math.max(k, ef), byCodes: !rescore, filter: undefined };
    const found = await trace.time("search", () => this.#searches.search(this.#segments, search, deadline));
    const matches = trace.timeNow("documents", () =>
      this.#describe(found, { ...query, offset, minScore }, now),
    );
    const { efforts } = found;
    return {
      matches,
      plan: planOf(efforts),
      explain: () => {
        const search = { efforts, candidateCount: found.rows.length };
        return explain(search, undefined, { estimate: undefined, conditions: [], trace });
      },
      timeline: () => trace.timeline(),
    };
  }

  #describe(
    { rows, scores }: FoundRows,
    { offset, minScore, include }: Pick<PlainQuery, "include"> & { offset: number; minScore: number },
    now: number,
  ): readonly Match[] {
    let end = rows.length;
    while (end > offset && scores[end - 1]! < minScore) end -= 1;
    const wanted = rows.subarray(offset, end);
    const { metric } = this.#share;
    const size = new AnswerSize();
    const matches: Match[] = [];
    for (let from = 0; from < wanted.length; from += documentsAtOnce) {
      for (const [at, document] of this.#read(wanted.subarray(from, from + documentsAtOnce), now).entries()) {
        const row = wanted[from + at]!;
        const score = scores[offset + from + at]!;
        const described = describeDocument({ document, vector: () => this.#vectorOf(row) }, include);
        size.addMatch(document, described);
        matches.push({ ...described, score, distance: scoreToDistance(metric, score) });
      }
    }
    return matches;
  }

  #read(rows: Uint32Array, now: number): readonly ResolvedDocument[] {
    if (this.#cachedAt !== now) {
      this.#cache.clear();
      this.#cachedAt = now;
    }
    const cached = Array.from(rows, (row) => this.#cache.get(row));
    const missing = rows.filter((_, at) => cached[at] === undefined);
    if (missing.length === 0) return cached as readonly ResolvedDocument[];
    const read = this.#documents.read(Array.from(missing, (row) => this.#rowIds.idOf(row)));
    // What was written meanwhile must not be taken for what was there at the moment.
    if (this.#moment.isStill(now)) {
      for (const [at, document] of read.entries()) this.#cache.set(missing[at]!, document);
    }
    let next = 0;
    return cached.map((document) => document ?? read[next++]!);
  }

  #vectorOf(row: number): Float32Array {
    const { segment, firstRow } = this.#segments.findLast((placed) => placed.firstRow <= row)!;
    return segment.vectorOf(row - firstRow);
  }

  #releaseIfUnused(): void {
    if (!this.#isClosed || this.#users > 0) return;
    for (const { segment } of this.#segments) segment.close();
    this.#documents.close();
  }
}

import { type Clock, type Deadline, isAkiDbError, unavailable } from "@akidb/base";
import {
  assertFilterFits,
  RankingLanes,
  segmentDefaults,
  segmentRowBytes,
  sharedMemoryGone,
} from "@akidb/kernel";
import { blockBytesDefault } from "../checkpoint/checkpointBlocks.ts";
import { openSegmentInPlace } from "../checkpoint/openSegmentInPlace.ts";
import type { StoredVectors } from "../checkpoint/storedVectors.ts";
import { DamagedFileError } from "../damagedFileError.ts";
import { countRows } from "../payload/rowBitset.ts";
import { PromotionNeededError } from "../promotionNeededError.ts";
import { type GraphIndexOptions, segmentFileName } from "./graphIndex.ts";
import { GraphSearches, type RankElsewhere } from "./graphSearches.ts";
import type { IndexImage, StoredImage } from "./indexImage.ts";
import { mergeRanked, type SegmentRanks } from "./mergeRanked.ts";
import { type PlacedSegment, partOfFilter } from "./placedSegment.ts";
import { scanInPlace } from "./scanInPlace.ts";
import { SliceLane } from "./sliceLane.ts";
import { sumStats } from "./sumStats.ts";
import { contentsOf, deadRows, readTombstones } from "./tombstoneFile.ts";
import type { FoundRows, IndexQuery, IndexStats, SegmentEffort, VectorIndex } from "./vectorIndex.ts";

export interface InPlaceIndexOptions extends GraphIndexOptions {
  readonly clock: Pick<Clock, "monotonicMs">;
  /** A vector was read that is not what was written; whoever wanted it is refused. */
  readonly onDamage: (error: DamagedFileError) => void;
}

interface StoredSegment extends PlacedSegment {
  readonly vectors: StoredVectors;
}

/** Searches that wait for the disk at the same time. */
const lanesMax = 8;

/** Whether an image is of an index that can be searched in place: what a flat one has in memory is small, or all there is. */
export const isForInPlace = (
  { kind, files }: StoredImage,
  { quantization }: Pick<GraphIndexOptions, "quantization">,
): boolean => kind === "graph" && quantization !== "none" && files.has(segmentFileName(0));

/**
 * What a checkpoint has of an index with graphs, searched where it is: codes and graphs in memory, vectors in the files.
 * It answers as the index does that was written, to the bit, and takes no writes.
 */
export class InPlaceIndex implements VectorIndex {
  readonly #options: InPlaceIndexOptions;
  readonly #segments: StoredSegment[] = [];
  readonly #ranking: RankingLanes;
  readonly #scans = new SliceLane();
  readonly #graphSearches: GraphSearches;
  #deadCount = 0;
  #damage: DamagedFileError | undefined;

  private constructor(options: InPlaceIndexOptions) {
    const { builders, dimension, metric, ownNsMax } = options;
    const { kernel } = builders;
    this.#options = options;
    this.#ranking = new RankingLanes({ kernel, dimension, metric, lanesMax, windowBytes: blockBytesDefault });
    const own = ownNsMax === undefined ? {} : { ownNsMax };
    const rank: RankElsewhere = (placed, { vector, k }, found) =>
      this.#ranking.use(async (lane) => {
        const { vectors } = this.#storedOf(placed);
        lane.begin(vector, k);
        for (const rows of lane.wantedOf(found)) {
          const reading = vectors.read(rows, lane.slots);
          if (reading !== undefined) await reading;
        }
        return { ...lane.result(), exactDistances: lane.rankedCount };
      });
    this.#graphSearches = new GraphSearches({ kernel, lane: new SliceLane(), rank, ...own });
  }

  /**
   * @param stored of which {@link isForInPlace} holds
   * @throws DamagedFileError; AkiDbError `unavailable` where there are no addresses left
   */
  static async load(options: InPlaceIndexOptions, stored: StoredImage): Promise<InPlaceIndex> {
    const index = new InPlaceIndex(options);
    try {
      while (stored.files.has(segmentFileName(index.#segments.length))) await index.#openSegment(stored);
      await index.#readTombstones(stored);
      return index;
    } catch (error) {
      await index.close();
      throw error;
    }
  }

  get linkedCount(): number {
    return this.#sum(({ segment }) => segment.linkedCount);
  }

  get tailCount(): number {
    return this.#rowCount - this.linkedCount;
  }

  get deadShare(): number {
    return this.#rowCount === 0 ? 0 : this.#deadCount / this.#rowCount;
  }

  get memoryBytes(): number {
    return this.#sum(({ segment }) => segment.memoryBytes) + this.#bookkeepingBytes;
  }

  /** That memory does not hold: the vectors in the files. */
  get storedBytes(): number {
    return this.#rowCount * this.#ranking.vectorBytes;
  }

  /** Of the vectors that were read; it is there as long as the index is. */
  get damage(): DamagedFileError | undefined {
    return this.#damage;
  }

  growthBytes(count: number): number {
    return Math.ceil(count * segmentRowBytes(this.#segments[0]!.segment.options));
  }

  reserve(count: number): void {
    if (count > 0) throw readOnly();
  }

  add(): number {
    throw readOnly();
  }

  remove(): void {
    throw readOnly();
  }

  /** What was replayed was there before. */
  publish(): void {}

  search(vector: Float32Array, query: IndexQuery, deadline: Deadline): Promise<FoundRows> {
    return this.#reading(async () => {
      const { k, filter, exact, byCodes = false } = query;
      if (filter !== undefined) assertFilterFits(filter, this.#rowCount);
      if (exact) {
        return await this.#scans.run(() => this.#searchExactly(vector, query, deadline), deadline);
      }
      const ef = Math.max(k, query.ef ?? this.#options.efSearch);
      return await this.#graphSearches.search(this.#segments, { vector, k, ef, byCodes, filter }, deadline);
    });
  }

  stats(): IndexStats {
    const stats = sumStats(this.#segments.map(({ segment }) => segment.stats()));
    const bookkeeping = stats.bytes.bookkeeping + this.#bookkeepingBytes;
    return { ...stats, bytes: { ...stats.bytes, bookkeeping } };
  }

  isDead(row: number): boolean {
    const { segment, firstRow } = this.#segmentOf(row);
    return segment.isDead(row - firstRow);
  }

  aliveRows(): Uint32Array {
    const alive = new Uint32Array(Math.ceil(this.#rowCount / 32));
    for (const { segment, firstRow } of this.#segments) alive.set(segment.candidates(), firstRow / 32);
    return alive;
  }

  /** Reads it within the call, as documents are read. */
  vectorOf(row: number, target = new Float32Array(this.#options.dimension)): Float32Array {
    const { vectors, firstRow } = this.#segmentOf(row);
    const bytes = new Uint8Array(this.#ranking.vectorBytes);
    try {
      vectors.readNow(row - firstRow, bytes);
    } catch (error) {
      throw this.#refusal(error);
    }
    target.set(new Float32Array(bytes.buffer, 0, this.#options.dimension));
    return target;
  }

  async pauseLinking(): Promise<void> {}

  resumeLinking(): void {}

  image(): IndexImage {
    throw readOnly();
  }

  share(): undefined {
    return undefined;
  }

  releaseGuest(): void {}

  async close(): Promise<void> {
    for (const { segment, vectors } of this.#segments) {
      segment.close();
      await vectors.close();
    }
    sharedMemoryGone(this.#ranking, this.#ranking.memoryBytes);
  }

  get #rowCount(): number {
    return this.#sum(({ segment }) => segment.rowCount);
  }

  get #bookkeepingBytes(): number {
    return this.#sum(({ vectors }) => vectors.memoryBytes) + this.#ranking.memoryBytes;
  }

  async #searchExactly(
    vector: Float32Array,
    { k, filter }: IndexQuery,
    deadline: Deadline,
  ): Promise<FoundRows> {
    const parts: SegmentRanks[] = [];
    const efforts: SegmentEffort[] = [];
    for (const placed of this.#segments) {
      const { segment, firstRow, vectors } = placed;
      const candidates = segment.candidates(partOfFilter(filter, placed));
      const result = await this.#ranking.use(async (lane) => {
        lane.begin(vector, Math.min(k, 32 * candidates.length));
        await scanInPlace({ lane, vectors, candidates, deadline });
        return lane.result();
      });
      const matches = countRows(candidates);
      parts.push({ firstRow, ...result });
      efforts.push({ method: "exact", matches, codeDistances: 0, exactDistances: matches, tailRows: 0 });
    }
    return { ...mergeRanked(parts, k), efforts };
  }

  async #openSegment(stored: StoredImage): Promise<void> {
    const name = segmentFileName(this.#segments.length);
    const { dimension, metric, quantization, linksMax, efConstruction, builders, clock } = this.#options;
    const options = { dimension, metric, quantization, linksMax, efConstruction, seed: segmentDefaults.seed };
    const file = `${stored.name}/${name}`;
    const { segment, vectors } = await openSegmentInPlace({
      disk: stored.disk,
      path: `${stored.directory}/${name}`,
      file,
      kernel: builders.kernel,
      options,
      clock,
      ...contentsOf(stored, name),
    });
    const last = this.#segments.at(-1);
    const firstRow = last === undefined ? 0 : last.firstRow + last.segment.options.capacity;
    const follows = firstRow === this.#rowCount && firstRow % 32 === 0;
    this.#segments.push({ segment, firstRow, vectors });
    if (!follows) throw new DamagedFileError(file, "does not follow a full segment of whole words of rows");
  }

  /** Rows that have died since a segment's file was written. */
  async #readTombstones(stored: StoredImage): Promise<void> {
    const rowCounts = this.#segments.map(({ segment }) => segment.rowCount);
    const tombstones = await readTombstones(stored, rowCounts);
    for (const [at, { segment }] of this.#segments.entries()) {
      for (const row of deadRows(tombstones[at]!)) {
        segment.remove(row);
        this.#deadCount += 1;
      }
    }
  }

  async #reading<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw this.#refusal(error);
    }
  }

  /** @returns what callers are told of an error of reading vectors */
  #refusal(error: unknown): unknown {
    if (error instanceof DamagedFileError) {
      this.#damage ??= error;
      this.#options.onDamage(error);
      return unavailable(`vectors of the collection cannot be read (${error.message})`, { cause: error });
    }
    const isOfDisk = (error as NodeJS.ErrnoException | undefined)?.code !== undefined && !isAkiDbError(error);
    return isOfDisk
      ? unavailable("vectors of the collection cannot be read at the moment", { cause: error })
      : error;
  }

  #sum(count: (placed: StoredSegment) => number): number {
    return this.#segments.reduce((sum, placed) => sum + count(placed), 0);
  }

  #storedOf({ firstRow }: PlacedSegment): StoredSegment {
    return this.#segmentOf(firstRow);
  }

  #segmentOf(row: number): StoredSegment {
    return this.#segments.findLast(({ firstRow }) => firstRow <= row)!;
  }
}

const readOnly = (): PromotionNeededError => new PromotionNeededError("it is searched in place");

import { assert, type Deadline, type Metric, type Quantization } from "@akidb/base";
import {
  assertFilterFits,
  Segment,
  type SegmentImage,
  type SegmentOptions,
  segmentCapacity,
  segmentDefaults,
  segmentImage,
  segmentRowBytes,
} from "@akidb/kernel";
import type { Builders } from "../builders/builders.ts";
import { loadSegmentCheckpoint } from "../checkpoint/loadSegmentCheckpoint.ts";
import { writeSegmentCheckpoint } from "../checkpoint/writeSegmentCheckpoint.ts";
import { DamagedFileError } from "../damagedFileError.ts";
import type { Disk } from "../disk/disk.ts";
import type { SharedSegment } from "../sharing/collectionShare.ts";
import type { SharedMoment } from "../sharing/sharedMoment.ts";
import { ExactSearches } from "./exactSearches.ts";
import { GraphSearches } from "./graphSearches.ts";
import type { ImageFile, ImageTarget, IndexImage, StoredImage } from "./indexImage.ts";
import { type PlacedSegment, partOfFilter } from "./placedSegment.ts";
import { SliceLane } from "./sliceLane.ts";
import { sumStats } from "./sumStats.ts";
import { contentsOf, deadRows, readTombstones, writeTombstones } from "./tombstoneFile.ts";
import type { FoundRows, IndexQuery, IndexStats, VectorIndex } from "./vectorIndex.ts";

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
  /** Multiply-adds of an exact search up to which the calling thread does it itself; a few milliseconds' if absent. */
  readonly ownComponentsMax?: number;
  /** Nanoseconds, by an estimate, of a walk up to which the calling thread does it in one go; a few milliseconds' if absent. */
  readonly ownNsMax?: number;
  /** Called whenever a segment has been linked to its end. */
  readonly onLinked?: () => void;
}

interface GrowingSegment extends PlacedSegment {
  /** Replaced where a builder died of it. */
  segment: Segment;
}

/** A segment at the moment of an image. */
interface SegmentPart {
  readonly name: string;
  readonly segment: Segment;
  readonly image: SegmentImage;
  /** Full, and all of it in the graph: from then on rows only die. */
  readonly isSealed: boolean;
}

/** A few milliseconds of one thread (docs/engine.md). */
const ownComponentsMaxDefault = 2 ** 22;

export const segmentFileName = (index: number): string => `segment-${index}`;

export const isSegmentFileName = (name: string): boolean => /^segment-\d+$/.test(name);

/**
 * Vectors in segments with an HNSW graph each. An added row is found at once, as part of its segment's tail, which every
 * search scans; builders link it into the graph behind. The last segment grows, the ones before it are full.
 */
export class GraphIndex implements VectorIndex {
  readonly #options: GraphIndexOptions;
  readonly #segmentOptions: SegmentOptions;
  readonly #segments: GrowingSegment[] = [];
  /** Rows added; the last segment may show fewer. */
  #rowCount = 0;
  #deadCount = 0;
  #removed: number[] = [];
  /** Segments made meanwhile are not for builders either. */
  #isLinkingPaused = false;
  readonly #shared: SharedMoment[] = [];
  readonly #exactSearches: ExactSearches;
  readonly #graphSearches: GraphSearches;

  constructor(options: GraphIndexOptions) {
    const { dimension, metric, quantization, linksMax, efConstruction, builders } = options;
    this.#options = options;
    const ownComponentsMax = options.ownComponentsMax ?? ownComponentsMaxDefault;
    const lane = new SliceLane();
    this.#exactSearches = new ExactSearches({ builders, dimension, ownComponentsMax, lane });
    const { ownNsMax } = options;
    const own = ownNsMax === undefined ? {} : { ownNsMax };
    this.#graphSearches = new GraphSearches({ kernel: builders.kernel, lane, ...own });
    const shape = { dimension, metric, quantization, linksMax, efConstruction, seed: segmentDefaults.seed };
    const rowsMax = Math.min(segmentCapacity(shape), options.segmentRowsMax ?? Number.POSITIVE_INFINITY);
    // Whole words, so that a segment's part of a filter is a view of it and not a shifted copy.
    const capacity = Math.max(32, rowsMax - (rowsMax % 32));
    this.#segmentOptions = { ...shape, capacity };
  }

  /**
   * The index that an image was taken of. Its segments keep the capacity that they were made with; rows that were not in
   * their graphs are linked behind, and found meanwhile.
   *
   * @throws DamagedFileError; AkiDbError `unavailable` where there are no addresses left
   */
  static async load(options: GraphIndexOptions, stored: StoredImage): Promise<GraphIndex> {
    const index = new GraphIndex(options);
    while (stored.files.has(segmentFileName(index.#segments.length))) await index.#loadSegment(stored);
    const rowCounts = index.#segments.map(({ segment }) => segment.rowCount);
    const tombstones = await readTombstones(stored, rowCounts);
    for (const [at, { segment }] of index.#segments.entries()) {
      for (const row of deadRows(tombstones[at]!)) {
        segment.remove(row);
        index.#deadCount += 1;
      }
    }
    for (const placed of index.#segments) index.#requestLinks(placed);
    return index;
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

  growthBytes(count: number): number {
    return Math.ceil(count * segmentRowBytes(this.#segmentOptions));
  }

  reserve(count: number): void {
    while (this.#rowEnd < this.#rowCount + count) {
      const segment = this.#createSegment(this.#segmentOptions);
      this.#endShared();
      this.#segments.push({ segment, firstRow: this.#rowEnd });
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

  async search(vector: Float32Array, query: IndexQuery, deadline: Deadline): Promise<FoundRows> {
    const { k, filter, exact, byCodes = false } = query;
    if (filter !== undefined) assertFilterFits(filter, this.#publishedCount);
    if (exact) {
      // Of every segment in the same turn, so that all of them show the same moment: that of the call.
      const snapshot = this.#segments.map((placed) => {
        const { segment, firstRow } = placed;
        return { segment, firstRow, candidates: segment.candidates(partOfFilter(filter, placed)) };
      });
      return await this.#exactSearches.search({ vector, k, snapshot }, deadline);
    }
    const ef = Math.max(k, query.ef ?? this.#options.efSearch);
    return await this.#graphSearches.search(this.#segments, { vector, k, ef, byCodes, filter }, deadline);
  }

  stats(): IndexStats {
    return sumStats(this.#segments.map(({ segment }) => segment.stats()));
  }

  isDead(row: number): boolean {
    const { segment, firstRow } = this.#segmentOf(row);
    return segment.isDead(row - firstRow);
  }

  aliveRows(): Uint32Array {
    const alive = new Uint32Array(Math.ceil(this.#publishedCount / 32));
    for (const { segment, firstRow } of this.#segments) alive.set(segment.candidates(), firstRow / 32);
    return alive;
  }

  vectorOf(row: number, target?: Float32Array): Float32Array {
    const { segment, firstRow } = this.#segmentOf(row);
    return segment.vectorOf(row - firstRow, target);
  }

  async pauseLinking(): Promise<void> {
    this.#isLinkingPaused = true;
    await Promise.all(this.#segments.map(({ segment }) => this.#options.builders.pause(segment)));
  }

  resumeLinking(): void {
    this.#isLinkingPaused = false;
    for (const { segment } of this.#segments) this.#options.builders.resume(segment);
  }

  image(): IndexImage {
    assert(this.#isLinkingPaused, "an image is taken while no builder has a row in hand");
    const shown = this.#segments.filter(({ segment }) => segment.rowCount > 0);
    const parts = shown.map(({ segment }, index): SegmentPart => {
      const { rowCount, linkedCount } = segment;
      const isSealed = rowCount === segment.options.capacity && linkedCount === rowCount;
      return { name: segmentFileName(index), segment, image: segmentImage(segment.handle()), isSealed };
    });
    return {
      kind: "graph",
      rowCount: this.#rowCount,
      deadCount: this.#deadCount,
      linkedCount: this.linkedCount,
      write: (target) => this.#write(parts, target),
    };
  }

  share(moment: SharedMoment): readonly SharedSegment[] {
    this.#shared.push(moment);
    return this.#segments.map(({ segment, firstRow }) => ({ handle: segment.handle(), firstRow }));
  }

  releaseGuest(guestNumber: number): void {
    for (const { segment } of this.#segments) segment.closeFor(guestNumber);
  }

  async close(): Promise<void> {
    this.#endShared();
    for (const { segment } of this.#segments) {
      await this.#options.builders.forget(segment);
      segment.close();
    }
  }

  /** Other segments are to be searched from now on. */
  #endShared(): void {
    for (const moment of this.#shared.splice(0)) moment.end();
  }

  #requestLinks(placed: GrowingSegment): void {
    if (placed.segment.unclaimedCount === 0) return;
    const { builders, onLinked } = this.#options;
    builders.link(placed.segment, () => this.#rebuild(placed), onLinked);
  }

  /** The same rows in a new segment, all of them in its tail, for other builders to link. */
  #rebuild(placed: GrowingSegment): void {
    const lost = placed.segment;
    this.#endShared();
    const anew = this.#createSegment(lost.options);
    for (let row = 0; row < lost.rowCount; row++) anew.add(lost.vectorOf(row));
    anew.publish();
    for (let row = 0; row < lost.rowCount; row++) if (lost.isDead(row)) anew.remove(row);
    placed.segment = anew;
    lost.close();
    this.#requestLinks(placed);
  }

  #createSegment(options: SegmentOptions): Segment {
    const { builders } = this.#options;
    const segment = Segment.create(builders.kernel, options);
    if (this.#isLinkingPaused) void builders.pause(segment);
    return segment;
  }

  async #loadSegment(stored: StoredImage): Promise<void> {
    const name = segmentFileName(this.#segments.length);
    const path = `${stored.directory}/${name}`;
    const file = `${stored.name}/${name}`;
    // As many rows fit it as did when it was made, whatever is the rule today.
    const { capacity: _, ...options } = this.#segmentOptions;
    const { disk } = stored;
    const { kernel } = this.#options.builders;
    const contents = contentsOf(stored, name);
    const segment = await loadSegmentCheckpoint({ disk, path, file, kernel, options, ...contents });
    const firstRow = this.#rowEnd;
    if (firstRow !== this.#rowCount || firstRow % 32 !== 0) {
      throw new DamagedFileError(file, "does not follow a full segment of whole words of rows");
    }
    this.#segments.push({ segment, firstRow });
    this.#rowCount += segment.rowCount;
    const isSealed = segment.linkedCount === segment.options.capacity;
    if (isSealed) stored.sealedFiles.set(segment, { path, ...stored.files.get(name)! });
  }

  /**
   * First the graphs, one after the other, so that builders get their segments back soon; then everything else, by far
   * the most of it.
   */
  async #write(parts: readonly SegmentPart[], target: ImageTarget): Promise<readonly ImageFile[]> {
    const graphs = Promise.withResolvers<void>();
    // Of a promise that nobody waits for, where the first graph fails.
    graphs.promise.catch(() => {});
    const writing: Promise<ImageFile>[] = [];
    try {
      for (const part of parts) {
        const graph = Promise.withResolvers<void>();
        const file = this.#writePart(part, target, () => {
          graph.resolve();
          return graphs.promise;
        });
        writing.push(file);
        await Promise.race([graph.promise, file]);
      }
      this.resumeLinking();
      graphs.resolve();
    } catch (error) {
      graphs.reject(error);
    }
    // Nothing is written any more when this rejects: what there is can be removed.
    await Promise.allSettled(writing);
    const files = await Promise.all(writing);
    const tombstones = parts.map(({ image: { counters, regions } }) => ({
      rowCount: counters.rowCount,
      bytes: regions.find(({ name }) => name === "tombstones")!.bytes,
    }));
    return [...files, await writeTombstones(target, tombstones)];
  }

  async #writePart(
    { name, segment, image, isSealed }: SegmentPart,
    target: ImageTarget,
    onGraphWritten: () => Promise<void>,
  ): Promise<ImageFile> {
    const { disk, directory, sealedFiles, signal } = target;
    const path = `${directory}/${name}`;
    const sealedFile = sealedFiles.get(segment);
    if (sealedFile !== undefined && (await hasLinked(disk, sealedFile.path, path))) {
      const { bytes, checksum } = sealedFile;
      return { name, bytes, checksum, sealed: segment };
    }
    const { fileBytes, checksum } = await writeSegmentCheckpoint({
      disk,
      path,
      segment,
      image,
      signal,
      onGraphWritten: async () => {
        this.#options.builders.resume(segment);
        await onGraphWritten();
      },
    });
    return { name, bytes: fileBytes, checksum, ...(isSealed && { sealed: segment }) };
  }

  /** Where the next segment begins. */
  get #rowEnd(): number {
    const last = this.#segments.at(-1);
    return last === undefined ? 0 : last.firstRow + last.segment.options.capacity;
  }

  #segmentOf(row: number): GrowingSegment {
    return this.#segments.findLast(({ firstRow }) => firstRow <= row)!;
  }
}

/** Not every file system has hard links. */
async function hasLinked(disk: Disk, from: string, to: string): Promise<boolean> {
  try {
    await disk.link(from, to);
    return true;
  } catch {
    return false;
  }
}

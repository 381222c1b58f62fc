import { assert, type Deadline, type Metric } from "@akidb/base";
import { sharedMemoryGone } from "@akidb/kernel";
import { blockFileKinds } from "../checkpoint/blockFileHeader.ts";
import type { FileRegion } from "../checkpoint/checkpointBlocks.ts";
import { readBlockFile } from "../checkpoint/readBlockFile.ts";
import { writeBlockFile } from "../checkpoint/writeBlockFile.ts";
import { norm } from "./distance.ts";
import { ExactScan } from "./exactScan.ts";
import { FlatReadView, headerWord, headerWords, type ReadViewHandle } from "./flatReadView.ts";
import type { ImageFile, ImageTarget, IndexImage, StoredImage } from "./indexImage.ts";
import { allocateChunk, chunkOfRow, type RowChunk, rowBytes, rowsMax } from "./rowChunks.ts";
import { runInSlices } from "./runInSlices.ts";
import { scanCandidates } from "./scanCandidates.ts";
import {
  contentsOf,
  deadRows,
  readTombstones,
  type TombstonePart,
  tombstoneBytes,
  writeTombstones,
} from "./tombstoneFile.ts";
import type { FoundRows, IndexQuery, IndexStats, VectorIndex } from "./vectorIndex.ts";

const file = "flat";

/**
 * Vectors in plain shared memory, searched by looking at each: for small collections, and as the oracle of faster
 * indexes. Any thread can search them through a `FlatReadView`.
 */
export class FlatIndex implements VectorIndex {
  readonly linkedCount = 0;
  readonly tailCount = 0;
  readonly dimension: number;
  readonly metric: Metric;
  readonly view: FlatReadView;
  readonly #header = new Int32Array(new SharedArrayBuffer(headerWords * Int32Array.BYTES_PER_ELEMENT));
  readonly #chunks: RowChunk[] = [];
  #rowCount = 0;
  #deadCount = 0;
  #removed: number[] = [];

  constructor(dimension: number, metric: Metric) {
    this.dimension = dimension;
    this.metric = metric;
    this.view = new FlatReadView(this.handle(), this.#chunks);
  }

  /**
   * The index that an image was taken of.
   *
   * @throws DamagedFileError; RangeError where there is no memory
   */
  static async load(dimension: number, metric: Metric, image: StoredImage): Promise<FlatIndex> {
    const index = new FlatIndex(dimension, metric);
    await readBlockFile({
      disk: image.disk,
      path: `${image.directory}/${file}`,
      file: `${image.name}/${file}`,
      kind: blockFileKinds.flat,
      ...contentsOf(image, file),
      regions: ({ words }, damaged) => {
        const [storedDimension, rowCount] = words;
        if (words.length !== 2 || storedDimension !== dimension || rowCount! > rowsMax) {
          throw damaged(`is of dimension and rows ${words}, not of dimension ${dimension}`);
        }
        index.reserve(rowCount!);
        index.#rowCount = rowCount!;
        return index.#vectorRegions();
      },
    });
    index.#measureNorms();
    const [tombstones] = await readTombstones(image, [index.#rowCount]);
    for (const row of deadRows(tombstones!)) index.remove(row);
    index.publish();
    return index;
  }

  handle(): ReadViewHandle {
    return {
      dimension: this.dimension,
      metric: this.metric,
      header: this.#header.buffer,
      chunks: this.#chunks.map(({ memory }) => memory),
    };
  }

  growthBytes(count: number): number {
    return Math.ceil(count * rowBytes(this.dimension));
  }

  reserve(count: number): void {
    const rowCount = this.#rowCount + count;
    if (rowCount > rowsMax) throw new RangeError(`more than ${rowsMax} rows`);
    const chunksNeeded = rowCount === 0 ? 0 : chunkOfRow(rowCount - 1) + 1;
    while (this.#chunks.length < chunksNeeded) {
      this.#chunks.push(allocateChunk(this.#chunks.length, this.dimension));
    }
  }

  add(vector: Float32Array): number {
    assert(vector.length === this.dimension, "a vector has the index's dimension");
    this.reserve(1);
    const row = this.#rowCount++;
    const chunk = this.#chunks[chunkOfRow(row)]!;
    const index = row - chunk.firstRow;
    chunk.vectors.set(vector, index * this.dimension);
    chunk.norms[index] = norm(vector);
    return row;
  }

  remove(row: number): void {
    assert(row < this.#rowCount, "only an added row can be removed");
    this.#removed.push(row);
  }

  publish(): void {
    const header = this.#header;
    Atomics.add(header, headerWord.epoch, 1);
    for (const row of this.#removed) this.#bury(row);
    this.#deadCount += this.#removed.length;
    Atomics.store(header, headerWord.deadCount, this.#deadCount);
    Atomics.store(header, headerWord.rowCount, this.#rowCount);
    Atomics.add(header, headerWord.epoch, 1);
    this.#removed = [];
  }

  async search(vector: Float32Array, query: IndexQuery, deadline: Deadline): Promise<FoundRows> {
    const scan = new ExactScan(this.view, vector, query);
    await runInSlices((rowsMax) => scan.advance(rowsMax), this.dimension, deadline);
    const count = scan.candidateCount;
    const effort = {
      method: "exact",
      matches: count,
      codeDistances: 0,
      exactDistances: count,
      tailRows: 0,
    } as const;
    return { ...scan.result(), efforts: [effort] };
  }

  stats(): IndexStats {
    const rowCount = Atomics.load(this.#header, headerWord.rowCount);
    const vectors = rowCount * Float32Array.BYTES_PER_ELEMENT * this.dimension;
    const bookkeeping = Math.ceil(rowCount * rowBytes(this.dimension)) - vectors + this.#header.byteLength;
    return {
      segments: 0,
      rows: rowCount,
      tombstones: this.#deadCount,
      tail: 0,
      nodesByLevel: [],
      links: 0,
      bytes: { codes: 0, links: 0, vectors, bookkeeping },
    };
  }

  isDead(row: number): boolean {
    const { firstRow, tombstones } = this.#chunks[chunkOfRow(row)]!;
    const index = row - firstRow;
    return ((Atomics.load(tombstones, index >>> 5) >>> (index & 31)) & 1) !== 0;
  }

  aliveRows(): Uint32Array {
    return scanCandidates(this.view.snapshot(), undefined);
  }

  vectorOf(row: number, target?: Float32Array): Float32Array {
    return this.view.vectorOf(row, target);
  }

  async pauseLinking(): Promise<void> {}

  resumeLinking(): void {}

  image(): IndexImage {
    const { rowCount, tombstones = new Uint32Array(Math.ceil(rowCount / 32)) } = this.view.snapshot();
    assert(rowCount === this.#rowCount, "everything added is published before an image is taken");
    const regions = this.#vectorRegions();
    const words = [this.dimension, rowCount];
    const dead = { rowCount, bytes: new Uint8Array(tombstones.buffer, 0, tombstoneBytes(rowCount)) };
    return {
      kind: "flat",
      rowCount,
      deadCount: this.#deadCount,
      linkedCount: 0,
      write: (target) => writeFlat(target, { words, regions, dead }),
    };
  }

  releaseGuest(): void {}

  share(): undefined {
    return undefined;
  }

  async close(): Promise<void> {
    sharedMemoryGone(this, this.memoryBytes);
  }

  /** Removed, and dead from the next `publish` on. */
  get dyingRows(): readonly number[] {
    return this.#removed;
  }

  /** Rows added, dead ones included. */
  get rowCount(): number {
    return this.#rowCount;
  }

  get aliveCount(): number {
    return this.#rowCount - this.#deadCount;
  }

  get deadShare(): number {
    return this.#rowCount === 0 ? 0 : this.#deadCount / this.#rowCount;
  }

  get memoryBytes(): number {
    return Math.ceil(this.#rowCount * rowBytes(this.dimension)) + this.#header.byteLength;
  }

  /** Of the rows there are, in their order. */
  #vectorRegions(): readonly FileRegion[] {
    return this.#chunks
      .filter(({ firstRow }) => firstRow < this.#rowCount)
      .map(({ vectors, firstRow, rowCount }) => {
        const rows = Math.min(rowCount, this.#rowCount - firstRow);
        const bytes = new Uint8Array(vectors.buffer, vectors.byteOffset, 4 * rows * this.dimension);
        return { name: "vectors", bytes };
      });
  }

  #measureNorms(): void {
    for (let row = 0; row < this.#rowCount; row++) {
      const { firstRow, vectors, norms } = this.#chunks[chunkOfRow(row)]!;
      const at = (row - firstRow) * this.dimension;
      norms[row - firstRow] = norm(vectors.subarray(at, at + this.dimension));
    }
  }

  #bury(row: number): void {
    const { firstRow, tombstones } = this.#chunks[chunkOfRow(row)]!;
    const index = row - firstRow;
    const bit = 1 << (index & 31);
    const before = Atomics.or(tombstones, index >>> 5, bit);
    assert((before & bit) === 0, "a row dies once");
  }
}

interface FlatContents {
  /** Dimension, rows. */
  readonly words: readonly number[];
  /** Vectors, row-major; each region holds the rows of one chunk. */
  readonly regions: readonly FileRegion[];
  readonly dead: TombstonePart;
}

async function writeFlat(
  target: ImageTarget,
  { words, regions, dead }: FlatContents,
): Promise<readonly ImageFile[]> {
  const { disk, directory, signal } = target;
  const path = `${directory}/${file}`;
  const contents = await writeBlockFile({ disk, path, kind: blockFileKinds.flat, words, regions, signal });
  return [{ name: file, ...contents }, await writeTombstones(target, [dead])];
}

import { assert, type Clock } from "@akidb/base";
import { crc32c } from "@node-rs/crc32";
import type { DamagedFileError } from "../damagedFileError.ts";
import type { DiskFile } from "../disk/disk.ts";

export interface StoredVectorsOptions {
  readonly file: DiskFile;
  /** In the file. */
  readonly position: number;
  readonly rowCount: number;
  readonly vectorBytes: number;
  readonly blockBytes: number;
  /** CRC32C of each block of them. */
  readonly checksums: readonly number[];
  readonly damaged: (reason: string) => DamagedFileError;
  readonly clock: Pick<Clock, "monotonicMs">;
}

/** Rows with a part in a block. */
export interface BlockRows {
  readonly firstRow: number;
  /** Behind the last. */
  readonly endRow: number;
  /** The last goes on in the next block. */
  readonly isEndSplit: boolean;
}

/** A read of a few rows that takes longer waits for the disk, and leaves the thread to others. */
const waitMsMax = 0.5;

/** Rows that are read without the thread after one such wait; then it is tried again. */
const patientRowsMax = 256;

/** Blocks that are read to be verified at the same time. */
const verifyLanes = 4;

interface VerifyLane {
  /** Never rejects. */
  before: Promise<void>;
  /** While there is something to verify. */
  buffer: Uint8Array | undefined;
}

/**
 * The vectors of a segment in its checkpoint, read as they are wanted. The first read of a block reads all of it and holds
 * it against its checksum; of what it has, each row's own is kept, against which every later read is held.
 */
export class StoredVectors {
  readonly blockCount: number;
  readonly #options: StoredVectorsOptions;
  readonly #bytes: number;
  /** Of each row's part in each block, in the file's order: of a row in two blocks, two follow one another. */
  readonly #parts: Uint32Array;
  /** By block, how many rows before it lie in two. */
  readonly #splitRows: Uint32Array;
  readonly #isVerified: Uint8Array;
  readonly #verifying = new Map<number, Promise<void>>();
  readonly #verifyLanes = Array.from(
    { length: verifyLanes },
    (): VerifyLane => ({ before: Promise.resolve(), buffer: undefined }),
  );
  /** Rows that are not worth trying without waiting. */
  #patientRows = 0;

  constructor(options: StoredVectorsOptions) {
    const { rowCount, vectorBytes, blockBytes, checksums } = options;
    assert(vectorBytes <= blockBytes, "a vector lies in two blocks at most");
    this.#options = options;
    this.#bytes = rowCount * vectorBytes;
    this.blockCount = Math.ceil(this.#bytes / blockBytes);
    assert(checksums.length === this.blockCount, "every block has a checksum");
    this.#isVerified = new Uint8Array(this.blockCount);
    this.#splitRows = new Uint32Array(this.blockCount);
    for (let block = 1; block < this.blockCount; block++) {
      const isSplit = (block * blockBytes) % vectorBytes !== 0;
      this.#splitRows[block] = this.#splitRows[block - 1]! + (isSplit ? 1 : 0);
    }
    this.#parts = new Uint32Array(rowCount + (this.#splitRows.at(-1) ?? 0));
  }

  /** Of what is kept of them. */
  get memoryBytes(): number {
    return this.#parts.byteLength + this.#splitRows.byteLength + this.#isVerified.byteLength;
  }

  /**
   * Reads rows into `target`, one after the other: within the call where the system has them in memory, as it seems.
   *
   * @returns undefined where all is read; nothing is written to `target` any more once the promise is settled
   * @throws DamagedFileError; the disk's own error
   */
  read(rows: Uint32Array, target: Uint8Array): Promise<void> | undefined {
    if (this.#patientRows > 0 || !this.#areVerified(rows)) {
      this.#patientRows = Math.max(0, this.#patientRows - rows.length);
      return this.#readLater(rows, target);
    }
    const { clock, vectorBytes } = this.#options;
    const startMs = clock.monotonicMs();
    for (let index = 0; index < rows.length; index++) {
      this.readNow(rows[index]!, target.subarray(index * vectorBytes, (index + 1) * vectorBytes));
      if (clock.monotonicMs() - startMs <= waitMsMax) continue;
      this.#patientRows = patientRowsMax;
      return this.#readLater(rows.subarray(index + 1), target.subarray((index + 1) * vectorBytes));
    }
    return undefined;
  }

  /**
   * Reads a row in the calling thread, whatever it takes.
   *
   * @throws DamagedFileError; the disk's own error
   */
  readNow(row: number, target: Uint8Array): void {
    const { file, vectorBytes } = this.#options;
    const last = this.#lastBlockOf(row);
    for (let block = this.#firstBlockOf(row); block <= last; block++) {
      if (this.#isVerified[block] === 0) this.#verifyNow(block);
    }
    file.readNow(target, this.#positionOf(row * vectorBytes));
    this.#checkRow(row, target);
  }

  rowsOf(block: number): BlockRows {
    const { vectorBytes, blockBytes } = this.#options;
    const end = Math.min(this.#bytes, (block + 1) * blockBytes);
    const endRow = Math.ceil(end / vectorBytes);
    return {
      firstRow: Math.floor((block * blockBytes) / vectorBytes),
      endRow,
      isEndSplit: endRow * vectorBytes > end,
    };
  }

  /** Of the first byte of a block among those of all vectors. */
  startOf(block: number): number {
    return block * this.#options.blockBytes;
  }

  startOfRow(row: number): number {
    return row * this.#options.vectorBytes;
  }

  /**
   * Reads a block.
   *
   * @returns its length
   * @throws DamagedFileError; the disk's own error
   */
  async readBlock(block: number, target: Uint8Array): Promise<number> {
    const bytes = target.subarray(0, this.#lengthOf(block));
    await this.#options.file.read(bytes, this.#positionOf(this.startOf(block)));
    this.#checkBlock(block, bytes);
    return bytes.length;
  }

  /** Reads that are under way are to be waited for before. */
  close(): Promise<void> {
    return this.#options.file.close();
  }

  async #readLater(rows: Uint32Array, target: Uint8Array): Promise<void> {
    const { vectorBytes } = this.#options;
    const reads = Array.from(rows, (row, index) =>
      this.#readOneLater(row, target.subarray(index * vectorBytes, (index + 1) * vectorBytes)),
    );
    // All of them, because the target is used for something else after the first that fails.
    await Promise.allSettled(reads);
    await Promise.all(reads);
  }

  async #readOneLater(row: number, target: Uint8Array): Promise<void> {
    const { file, vectorBytes } = this.#options;
    const last = this.#lastBlockOf(row);
    for (let block = this.#firstBlockOf(row); block <= last; block++) {
      if (this.#isVerified[block] === 0) await this.#verify(block);
    }
    await file.read(target, this.#positionOf(row * vectorBytes));
    this.#checkRow(row, target);
  }

  /** Once for all that want it at the time. */
  #verify(block: number): Promise<void> {
    const begun = this.#verifying.get(block);
    if (begun !== undefined) return begun;
    const lane = this.#verifyLanes[block % this.#verifyLanes.length]!;
    const verifying = lane.before.then(async () => {
      lane.buffer ??= new Uint8Array(this.#options.blockBytes);
      await this.readBlock(block, lane.buffer);
    });
    this.#verifying.set(block, verifying);
    lane.before = verifying
      .catch(() => {})
      .then(() => {
        this.#verifying.delete(block);
        if (this.#verifying.size === 0) for (const each of this.#verifyLanes) each.buffer = undefined;
      });
    return verifying;
  }

  #verifyNow(block: number): void {
    const bytes = new Uint8Array(this.#lengthOf(block));
    this.#options.file.readNow(bytes, this.#positionOf(this.startOf(block)));
    this.#checkBlock(block, bytes);
  }

  /** What is missing at the end of a file shows in the checksum, too. */
  #checkBlock(block: number, bytes: Uint8Array): void {
    if (crc32c(bytes) !== this.#options.checksums[block]) throw this.#damagedFrom(this.startOf(block));
    if (this.#isVerified[block] !== 0) return;
    const { firstRow, endRow } = this.rowsOf(block);
    for (let row = firstRow; row < endRow; row++) {
      const [from, to] = this.#partOf(row, block);
      this.#parts[this.#placeOf(row, block)] = crc32c(
        bytes.subarray(from - this.startOf(block), to - this.startOf(block)),
      );
    }
    this.#isVerified[block] = 1;
  }

  #checkRow(row: number, bytes: Uint8Array): void {
    const start = this.startOfRow(row);
    const first = this.#firstBlockOf(row);
    const last = this.#lastBlockOf(row);
    // By far the most.
    if (first === last) {
      if (crc32c(bytes) !== this.#parts[this.#placeOf(row, first)]) throw this.#damagedFrom(start);
      return;
    }
    for (let block = first; block <= last; block++) {
      const [from, to] = this.#partOf(row, block);
      const part = bytes.subarray(from - start, to - start);
      if (crc32c(part) !== this.#parts[this.#placeOf(row, block)]) throw this.#damagedFrom(start);
    }
  }

  /** The bytes of a row that lie in a block, among those of all vectors. */
  #partOf(row: number, block: number): readonly [from: number, to: number] {
    const { vectorBytes, blockBytes } = this.#options;
    const from = Math.max(row * vectorBytes, block * blockBytes);
    return [from, Math.min((row + 1) * vectorBytes, (block + 1) * blockBytes)];
  }

  /** Of the checksum of a row's part in a block. */
  #placeOf(row: number, block: number): number {
    return row + this.#splitRows[block]!;
  }

  #firstBlockOf(row: number): number {
    return Math.floor(this.startOfRow(row) / this.#options.blockBytes);
  }

  #lastBlockOf(row: number): number {
    return Math.floor((this.startOfRow(row + 1) - 1) / this.#options.blockBytes);
  }

  #areVerified(rows: Uint32Array): boolean {
    return rows.every(
      (row) =>
        this.#isVerified[this.#firstBlockOf(row)] !== 0 && this.#isVerified[this.#lastBlockOf(row)] !== 0,
    );
  }

  #lengthOf(block: number): number {
    return Math.min(this.#options.blockBytes, this.#bytes - this.startOf(block));
  }

  #positionOf(byte: number): number {
    return this.#options.position + byte;
  }

  #damagedFrom(byte: number): DamagedFileError {
    return this.#options.damaged(
      `its vectors from byte ${this.#positionOf(byte)} on do not match their checksum`,
    );
  }
}

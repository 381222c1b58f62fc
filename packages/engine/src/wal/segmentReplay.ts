import { type CollectionId, limits } from "@akidb/base";
import { DamagedFileError } from "../damagedFileError.ts";
import type { Disk, DiskFile } from "../disk/disk.ts";
import { findRecord } from "./findRecord.ts";
import {
  paddedRecordBytes,
  readRecordHeader,
  recordChecksumHolds,
  recordHeaderBytes,
  type WalRecord,
  walFormatVersion,
} from "./recordFormat.ts";
import { requireHeader, type SegmentFile } from "./segmentFile.ts";
import { segmentFileName, segmentHeaderBytes } from "./segmentHeader.ts";

const windowBytes = 4 * 1024 * 1024;

export interface SegmentReplayRequest {
  readonly disk: Disk;
  readonly segment: SegmentFile;
  readonly collectionId: CollectionId;
  /** Where the next segment begins: everything before is durable. Undefined: the newest, which may have a torn tail. */
  readonly endLsn: number | undefined;
  /** Records below are read, because that is the way to the others, and not applied. */
  readonly fromLsn: number;
  readonly apply: (record: WalRecord) => void | Promise<void>;
  /** Called for each record that was applied. */
  readonly onApplied: (lsn: number, recordBytes: number) => void;
}

export interface SegmentReplay {
  readonly nextLsn: number;
  /** Up to the end of the last whole record. */
  readonly validBytes: number;
  /** Bytes behind it, of writes that were never acknowledged. */
  readonly tornBytes: number;
}

/**
 * Hands every record of a segment to `apply`, in order, holding a few MiB or one record in memory.
 *
 * @throws DamagedFileError where an acknowledged record is not what was written
 */
export async function replaySegment(request: SegmentReplayRequest): Promise<SegmentReplay> {
  const file = await request.disk.openFile(request.segment.path);
  try {
    return await replayOpenSegment(file, request);
  } finally {
    await file.close();
  }
}

async function replayOpenSegment(file: DiskFile, request: SegmentReplayRequest): Promise<SegmentReplay> {
  const { segment, endLsn, fromLsn } = request;
  const { bytes: fileBytes, displayName } = segment;
  const { salt } = requireHeader(segment, request.collectionId);
  // What is read may still be in the page cache alone. Once applied it may get into other files, and none of them may
  // know more than the log does after a power cut. Older segments were synced before the next was begun.
  if (endLsn === undefined) await file.sync();
  const records = new RecordWindow(file, fileBytes);
  let nextLsn = segment.firstLsn;
  for (;;) {
    const position = records.position;
    const reading = await records.next(salt);
    if (reading.kind === "end") break;
    if (reading.kind === "record") {
      requireExpected(reading, nextLsn, displayName);
      if (nextLsn >= fromLsn) {
        await request.apply(reading);
        request.onApplied(nextLsn, records.position - position);
      }
      nextLsn += 1;
      continue;
    }
    const damage =
      endLsn === undefined
        ? await findProofOfDamage(file, position, fileBytes, nextLsn, salt)
        : "a bad record in a segment that was completed";
    if (damage !== undefined) {
      throw new DamagedFileError(displayName, `${damage}, at byte ${position} (LSN ${nextLsn})`);
    }
    break;
  }
  if (endLsn !== undefined && nextLsn !== endLsn) {
    const reason = `is missing before wal/${segmentFileName(endLsn)}`;
    if (nextLsn < endLsn) throw new DamagedFileError(`wal/${segmentFileName(nextLsn)}`, reason);
    throw new DamagedFileError(
      displayName,
      `reaches LSN ${nextLsn - 1}, though the next begins at ${endLsn}`,
    );
  }
  return { nextLsn, validBytes: records.position, tornBytes: fileBytes - records.position };
}

interface VersionedRecord extends WalRecord {
  readonly version: number;
}

type WindowReading = ({ readonly kind: "record" } & VersionedRecord) | { readonly kind: "bad" | "end" };

/** Reads records one after the other through a window of the file. */
class RecordWindow {
  /** Of the next record in the file. */
  position = segmentHeaderBytes;
  readonly #file: DiskFile;
  readonly #fileBytes: number;
  #window = new Uint8Array(windowBytes);
  /** The window holds file bytes [#start, #start + #filled). */
  #start = segmentHeaderBytes;
  #filled = 0;

  constructor(file: DiskFile, fileBytes: number) {
    this.#file = file;
    this.#fileBytes = fileBytes;
  }

  /** After `bad` or `end`, the position stays and nothing more is to be asked. */
  async next(salt: number): Promise<WindowReading> {
    if (this.position === this.#fileBytes) return { kind: "end" };
    if (!(await this.#hold(recordHeaderBytes))) return { kind: "bad" };
    const { payloadBytes, ...header } = readRecordHeader(this.#fromPosition());
    if (payloadBytes > limits.walRecordBytesMax) return { kind: "bad" };
    const recordBytes = paddedRecordBytes(payloadBytes);
    if (!(await this.#hold(recordBytes))) return { kind: "bad" };
    const bytes = this.#fromPosition();
    if (!recordChecksumHolds(bytes, payloadBytes, salt)) return { kind: "bad" };
    this.position += recordBytes;
    const payload = bytes.subarray(recordHeaderBytes, recordHeaderBytes + payloadBytes);
    return { kind: "record", ...header, payload };
  }

  #fromPosition(): Uint8Array {
    return this.#window.subarray(this.position - this.#start, this.#filled);
  }

  /** @returns false where the file ends before */
  async #hold(bytes: number): Promise<boolean> {
    if (this.position + bytes > this.#fileBytes) return false;
    if (this.position + bytes <= this.#start + this.#filled) return true;
    const rest = this.#fromPosition();
    const target = bytes > this.#window.length ? new Uint8Array(bytes) : this.#window;
    // Records start at multiples of 8 in the file, and so in a window that starts with one.
    target.set(rest);
    this.#window = target;
    this.#start = this.position;
    this.#filled = rest.length;
    this.#filled += await this.#file.read(target.subarray(this.#filled), this.#start + this.#filled);
    return this.#filled >= bytes;
  }
}

function requireExpected(record: VersionedRecord, expectedLsn: number, file: string): void {
  if (record.version !== walFormatVersion) {
    throw new DamagedFileError(file, `has a record in format ${record.version}, written by a newer AkiDB`);
  }
  if (record.lsn !== expectedLsn) {
    throw new DamagedFileError(file, `has LSN ${record.lsn} where ${expectedLsn} belongs`);
  }
}

/**
 * Whether a bad record had been acknowledged. The log is synced in groups, one after the other, so a crash tears only
 * the group in flight: a later record that was written when the bad one was already durable proves that the device
 * lost it.
 */
async function findProofOfDamage(
  file: DiskFile,
  badPosition: number,
  fileBytes: number,
  badLsn: number,
  salt: number,
): Promise<string | undefined> {
  const proof = await findRecord(file, {
    position: badPosition + 8,
    fileBytes,
    salt,
    accept: ({ lsn, durableLsn }) => lsn > badLsn && durableLsn >= badLsn,
  });
  if (proof === undefined) return undefined;
  return `a record that was durable fails its checksum, though LSN ${proof.lsn} behind it holds`;
}

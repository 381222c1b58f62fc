import { type CollectionId, limits } from "@akidb/base";
import { DamagedFileError, type LsnRange } from "../damagedFileError.ts";
import type { Disk, DiskFile } from "../disk/disk.ts";
import { type FoundRecord, findRecord } from "./findRecord.ts";
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
  /** Where it has a successor, which begins once everything before is durable. Undefined: it may have a torn tail. */
  readonly next: SegmentFile | undefined;
  /** Records below are read, because that is the way to the others, and not applied. */
  readonly fromLsn: number;
  readonly apply: (record: WalRecord) => void | Promise<void>;
  /** Called for each record that was applied. */
  readonly onApplied: (lsn: number, recordBytes: number) => void;
  /** Called for records that are lost, and not needed. */
  readonly onDamage: (damage: CoveredDamage) => void;
}

/** Records that are no longer what was written; a checkpoint has what they did. */
export interface CoveredDamage extends LsnRange {
  readonly file: string;
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
  const { segment, next, fromLsn } = request;
  const { salt } = requireHeader(segment, request.collectionId);
  const records = new RecordWindow(file, segment.bytes);
  let nextLsn = segment.firstLsn;
  while (nextLsn !== next?.firstLsn) {
    const { position } = records;
    const reading = await records.next(salt);
    if (reading.kind !== "record") {
      const gap = await judgeGap(file, request, { reading: reading.kind, position, nextLsn, salt });
      if (gap === undefined) break;
      request.onDamage({ file: segment.displayName, firstLsn: nextLsn, lastLsn: gap.lsn - 1 });
      records.position = gap.position;
      nextLsn = gap.lsn;
      continue;
    }
    requireExpected(reading, nextLsn, segment.displayName);
    if (nextLsn >= fromLsn) {
      await request.apply(reading);
      request.onApplied(nextLsn, records.position - position);
    }
    nextLsn += 1;
  }
  const tornBytes = segment.bytes - records.position;
  if (next !== undefined && tornBytes > 0 && !supersedes(next)) {
    const reason = `has ${tornBytes} bytes behind LSN ${nextLsn - 1}, its last`;
    throw new DamagedFileError(segment.displayName, reason);
  }
  return { nextLsn, validBytes: records.position, tornBytes };
}

const supersedes = ({ reading }: SegmentFile): boolean =>
  reading.kind === "valid" && reading.header.supersedes;

interface Gap {
  readonly reading: "bad" | "end";
  readonly position: number;
  readonly nextLsn: number;
  readonly salt: number;
}

/**
 * What it means that no record can be read where one is expected. The log is synced in groups, one after the other, so a
 * crash tears only the group in flight: a later record that was written when the bad one was already durable proves that
 * the device lost it.
 *
 * @returns where the records go on, if the caller needs none of those between; undefined for a torn tail
 * @throws DamagedFileError where records are missing that were durable and are needed
 */
async function judgeGap(
  file: DiskFile,
  { segment, next, fromLsn }: SegmentReplayRequest,
  { reading, position, nextLsn, salt }: Gap,
): Promise<FoundRecord | undefined> {
  const { bytes: fileBytes, displayName } = segment;
  if (reading === "end") {
    if (next === undefined) return undefined;
    const missing = { firstLsn: nextLsn, lastLsn: next.firstLsn - 1 };
    const reason = `is missing before ${next.displayName} (LSN ${missing.firstLsn} to ${missing.lastLsn})`;
    throw new DamagedFileError(`wal/${segmentFileName(nextLsn)}`, reason, { missing });
  }
  const search = { position: position + 8, fileBytes, salt };
  const endLsn = next?.firstLsn ?? Number.POSITIVE_INFINITY;
  const following = await findRecord(file, {
    ...search,
    accept: ({ lsn }) => lsn > nextLsn && lsn < endLsn,
  });
  // A checkpoint has what is below `fromLsn`.
  if (following !== undefined && following.lsn <= fromLsn) return following;
  const proof =
    next === undefined && nextLsn >= fromLsn
      ? await findRecord(file, {
          ...search,
          accept: ({ lsn, durableLsn }) => lsn > nextLsn && durableLsn >= nextLsn,
        })
      : undefined;
  if (next === undefined && nextLsn >= fromLsn && proof === undefined) return undefined;
  const lastLsn = following === undefined ? next && next.firstLsn - 1 : following.lsn - 1;
  const missing = lastLsn === undefined ? undefined : { firstLsn: nextLsn, lastLsn };
  const range = missing === undefined ? `LSN ${nextLsn} and on` : `LSN ${nextLsn} to ${missing.lastLsn}`;
  const what =
    proof === undefined
      ? "a bad record in a segment that was completed"
      : `a record that was durable fails its checksum, though LSN ${proof.lsn} behind it holds`;
  const reason = `${what}, at byte ${position} (${range} missing)`;
  throw new DamagedFileError(displayName, reason, missing === undefined ? {} : { missing });
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
  #window: Uint8Array;
  /** The window holds file bytes [#start, #start + #filled). */
  #start = segmentHeaderBytes;
  #filled = 0;

  constructor(file: DiskFile, fileBytes: number) {
    this.#file = file;
    this.#fileBytes = fileBytes;
    this.#window = new Uint8Array(Math.min(windowBytes, fileBytes));
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

import { type CollectionId, limits } from "@akidb/base";
import { DamagedFileError } from "../damagedFileError.ts";
import type { Disk, DiskFile } from "../disk/disk.ts";
import {
  paddedRecordBytes,
  readRecordHeader,
  recordChecksumHolds,
  recordHeaderBytes,
  type WalRecord,
  walFormatVersion,
} from "./recordFormat.ts";
import { decodeSegmentHeader, type SegmentHeader, segmentHeaderBytes } from "./segmentHeader.ts";

const windowBytes = 4 * 1024 * 1024;

export interface SegmentReplayRequest {
  readonly disk: Disk;
  readonly path: string;
  /** How the file is called in messages. */
  readonly file: string;
  readonly collectionId: CollectionId;
  readonly firstLsn: number;
  /** Only the newest segment may have a torn tail: older ones were synced before the next was begun. */
  readonly isNewest: boolean;
  readonly apply: (record: WalRecord) => void;
}

export interface SegmentReplay {
  /** Undefined where the machine stopped while the newest segment was being created; it holds nothing then. */
  readonly header: SegmentHeader | undefined;
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
  const file = await request.disk.openFile(request.path);
  try {
    return await replayOpenSegment(file, request);
  } finally {
    await file.close();
  }
}

async function replayOpenSegment(file: DiskFile, request: SegmentReplayRequest): Promise<SegmentReplay> {
  const fileBytes = await file.size();
  const header = await readHeader(file, fileBytes, request);
  if (header === undefined) {
    return { header, nextLsn: request.firstLsn, validBytes: 0, tornBytes: fileBytes };
  }
  const records = new RecordWindow(file, fileBytes);
  let nextLsn = request.firstLsn;
  for (;;) {
    const reading = await records.next(header.salt);
    if (reading.kind === "end") break;
    if (reading.kind === "record") {
      requireExpected(reading, nextLsn, request.file);
      request.apply(reading);
      nextLsn += 1;
      continue;
    }
    const damage = request.isNewest
      ? await findProofOfDamage(file, records.position, fileBytes, nextLsn, header.salt)
      : "a bad record in a segment that was completed";
    if (damage !== undefined) {
      throw new DamagedFileError(request.file, `${damage}, at byte ${records.position} (LSN ${nextLsn})`);
    }
    break;
  }
  return {
    header,
    nextLsn,
    validBytes: records.position,
    tornBytes: fileBytes - records.position,
  };
}

async function readHeader(
  file: DiskFile,
  fileBytes: number,
  { collectionId, firstLsn, isNewest, file: name }: SegmentReplayRequest,
): Promise<SegmentHeader | undefined> {
  const bytes = new Uint8Array(segmentHeaderBytes);
  await file.read(bytes, 0);
  const reading = decodeSegmentHeader(bytes);
  switch (reading.kind) {
    case "newer":
      throw new DamagedFileError(name, `written in segment format ${reading.version} by a newer AkiDB`);
    case "damaged":
      // The header is synced before the first record is written, so a file with more in it had a good one.
      if (isNewest && fileBytes <= segmentHeaderBytes) return undefined;
      throw new DamagedFileError(name, "the segment's header fails its checksum");
    case "valid":
      if (reading.header.collectionId !== collectionId) {
        throw new DamagedFileError(name, "the segment belongs to another collection");
      }
      if (reading.header.firstLsn !== firstLsn) {
        throw new DamagedFileError(
          name,
          `the segment starts at LSN ${reading.header.firstLsn}, not ${firstLsn}`,
        );
      }
      return reading.header;
  }
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
 * lost it. Looks at every offset where a record can start.
 */
async function findProofOfDamage(
  file: DiskFile,
  badPosition: number,
  fileBytes: number,
  badLsn: number,
  salt: number,
): Promise<string | undefined> {
  const rest = new Uint8Array(fileBytes - badPosition);
  await file.read(rest, badPosition);
  for (let offset = 8; offset + recordHeaderBytes <= rest.length; offset += 8) {
    const bytes = rest.subarray(offset);
    const { payloadBytes, lsn, durableLsn } = readRecordHeader(bytes);
    const mayProve = lsn > badLsn && durableLsn >= badLsn && paddedRecordBytes(payloadBytes) <= bytes.length;
    if (mayProve && recordChecksumHolds(bytes, payloadBytes, salt)) {
      return `a record that was durable fails its checksum, though LSN ${lsn} behind it holds`;
    }
  }
  return undefined;
}

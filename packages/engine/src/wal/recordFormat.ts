import { assert } from "@akidb/base";
import { crc32c } from "@node-rs/crc32";

/**
 * One record of the write-ahead log, little-endian, at an offset that is a multiple of 8:
 *
 * | offset | bytes | field |
 * |---|---|---|
 * | 0 | 4 | length of the payload |
 * | 4 | 4 | CRC32C (Castagnoli, RFC 3720) of everything from offset 8 to the end of the payload, seeded with the segment's salt |
 * | 8 | 1 | format version |
 * | 9 | 1 | type |
 * | 10 | 2 | zero |
 * | 12 | 4 | unsynced distance: this LSN − the newest LSN known durable when the record was written |
 * | 16 | 8 | LSN, one more than that of the record before |
 * | 24 | length | payload, then zeros up to a multiple of 8 |
 *
 * The unsynced distance tells a torn tail from damage: a record at or below the durable LSN that any later record
 * proves had reached the device, so if it is bad, the device lost it. The salt keeps bytes of a document that look like
 * a record, or blocks of a deleted segment, from passing for one.
 */
const walFormatVersion = 4;

/**
 * Whether this version reads such records: those of version 1 have no time in a delete's payload, those before version 3
 * no expiry of documents, and no patches, those before version 4 no replacements.
 */
export const isReadableRecordVersion = (version: number): boolean =>
  version >= 1 && version <= walFormatVersion;

/** The oldest that says all of the record: a log without replacements can be read by what knows none. */
const writtenVersion = (type: RecordType): number => (type === recordTypes.replace ? walFormatVersion : 3);

export const recordHeaderBytes = 24;

/** A record's kind; the numbers are on disk. */
export const recordTypes = { upsert: 1, delete: 2, patch: 3, replace: 4 } as const;
export type RecordType = (typeof recordTypes)[keyof typeof recordTypes];

export interface WalRecord {
  readonly version: number;
  readonly type: number;
  readonly lsn: number;
  /** A view, valid until the next record is read; at an address that is a multiple of 8. */
  readonly payload: Uint8Array;
}

export const paddedRecordBytes = (payloadBytes: number): number =>
  recordHeaderBytes + Math.ceil(payloadBytes / 8) * 8;

/** Room for a whole record, whose payload part is to be filled before {@link sealRecord}. */
export function allocateRecord(payloadBytes: number): { record: Uint8Array; payload: Uint8Array } {
  // Not from Buffer's pool: the payload's numbers are read through aligned views.
  const record = new Uint8Array(paddedRecordBytes(payloadBytes));
  return { record, payload: record.subarray(recordHeaderBytes, recordHeaderBytes + payloadBytes) };
}

export interface RecordSeal {
  readonly type: RecordType;
  readonly lsn: number;
  /** The newest LSN known to be on the device. */
  readonly durableLsn: number;
  readonly payloadBytes: number;
  readonly salt: number;
}

/** Fills in the header of a record whose payload is in place. */
export function sealRecord(record: Uint8Array, seal: RecordSeal): void {
  assert(record.length === paddedRecordBytes(seal.payloadBytes), "a record is as long as its payload wants");
  assert(seal.durableLsn < seal.lsn, "only an unwritten record can be sealed");
  const header = new DataView(record.buffer, record.byteOffset, recordHeaderBytes);
  header.setUint32(0, seal.payloadBytes, true);
  header.setUint8(8, writtenVersion(seal.type));
  header.setUint8(9, seal.type);
  header.setUint16(10, 0, true);
  header.setUint32(12, seal.lsn - seal.durableLsn, true);
  header.setBigUint64(16, BigInt(seal.lsn), true);
  header.setUint32(4, recordChecksum(record, seal.payloadBytes, seal.salt), true);
}

export interface RecordHeader {
  readonly payloadBytes: number;
  readonly version: number;
  readonly type: number;
  readonly lsn: number;
  readonly durableLsn: number;
}

/** @param bytes at least {@link recordHeaderBytes} of them from the record's start */
export function readRecordHeader(bytes: Uint8Array): RecordHeader {
  const header = new DataView(bytes.buffer, bytes.byteOffset, recordHeaderBytes);
  const lsn = Number(header.getBigUint64(16, true));
  return {
    payloadBytes: header.getUint32(0, true),
    version: header.getUint8(8),
    type: header.getUint8(9),
    lsn,
    durableLsn: lsn - header.getUint32(12, true),
  };
}

/** @param bytes the record from its start to at least the end of its payload */
export function recordChecksumHolds(bytes: Uint8Array, payloadBytes: number, salt: number): boolean {
  const stored = new DataView(bytes.buffer, bytes.byteOffset, recordHeaderBytes).getUint32(4, true);
  return stored === recordChecksum(bytes, payloadBytes, salt);
}

const recordChecksum = (bytes: Uint8Array, payloadBytes: number, salt: number): number =>
  crc32c(bytes.subarray(8, recordHeaderBytes + payloadBytes), salt);

import { type CollectionId, type IdGenerator, idFromBytes, idToBytes } from "@akidb/base";
import { crc32c } from "@node-rs/crc32";

/**
 * The first 64 bytes of a segment file, little-endian:
 *
 * | offset | bytes | field |
 * |---|---|---|
 * | 0 | 8 | `AKIDBWAL` |
 * | 8 | 4 | format version |
 * | 12 | 4 | CRC32C of the other 60 bytes |
 * | 16 | 16 | collection id |
 * | 32 | 8 | LSN of the first record |
 * | 40 | 8 | time of creation, milliseconds since 1970 |
 * | 48 | 4 | salt of the records' checksums |
 * | 52 | 4 | 1 where it supersedes the tail of the segment before: whatever that holds from this first LSN on is void, writes that failed and were refused; else 0 (always in version 1) |
 * | 56 | 8 | zero |
 */
export interface SegmentHeader {
  readonly collectionId: CollectionId;
  readonly firstLsn: number;
  readonly createdAtMs: number;
  readonly salt: number;
  readonly supersedes: boolean;
}

export const segmentFormatVersion = 2;
export const segmentHeaderBytes = 64;

const magic = new TextEncoder().encode("AKIDBWAL");
const checksumOffset = 12;

export type SegmentHeaderReading =
  | { readonly kind: "valid"; readonly header: SegmentHeader }
  /** Not (or no longer) the header of a segment. */
  | { readonly kind: "damaged" }
  /** Whole, and of a format that this version does not know. */
  | { readonly kind: "newer"; readonly version: number };

export function encodeSegmentHeader(header: SegmentHeader): Uint8Array {
  const bytes = new Uint8Array(segmentHeaderBytes);
  const view = new DataView(bytes.buffer);
  bytes.set(magic);
  view.setUint32(8, segmentFormatVersion, true);
  bytes.set(idToBytes(header.collectionId), 16);
  view.setBigUint64(32, BigInt(header.firstLsn), true);
  view.setBigUint64(40, BigInt(header.createdAtMs), true);
  view.setUint32(48, header.salt, true);
  view.setUint32(52, header.supersedes ? 1 : 0, true);
  view.setUint32(checksumOffset, headerChecksum(bytes), true);
  return bytes;
}

export function decodeSegmentHeader(bytes: Uint8Array): SegmentHeaderReading {
  if (bytes.length < segmentHeaderBytes || magic.some((byte, index) => bytes[index] !== byte)) {
    return { kind: "damaged" };
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, segmentHeaderBytes);
  if (view.getUint32(checksumOffset, true) !== headerChecksum(bytes)) return { kind: "damaged" };
  const version = view.getUint32(8, true);
  if (version !== 1 && version !== segmentFormatVersion) return { kind: "newer", version };
  return {
    kind: "valid",
    header: {
      collectionId: idFromBytes(bytes.subarray(16, 32)),
      firstLsn: Number(view.getBigUint64(32, true)),
      createdAtMs: Number(view.getBigUint64(40, true)),
      salt: view.getUint32(48, true),
      supersedes: version > 1 && view.getUint32(52, true) === 1,
    },
  };
}

/** `00000000000000000042.wal`: names sort as their LSNs do. */
export const segmentFileName = (firstLsn: number): string => `${String(firstLsn).padStart(20, "0")}.wal`;

/** The first LSN in a segment's name; undefined for files that are not segments. */
export function parseSegmentFileName(name: string): number | undefined {
  const match = /^(\d{20})\.wal$/.exec(name);
  return match === null ? undefined : Number(match[1]);
}

/** Unpredictable enough that no document can contain a record of the segment by design. */
export const makeSalt = (ids: IdGenerator): number => crc32c(idToBytes(ids.next()));

function headerChecksum(bytes: Uint8Array): number {
  const before = crc32c(bytes.subarray(0, checksumOffset));
  return crc32c(bytes.subarray(checksumOffset + 4, segmentHeaderBytes), before);
}

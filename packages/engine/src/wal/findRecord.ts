import { limits } from "@akidb/base";
import { crc32c } from "@node-rs/crc32";
import type { DiskFile } from "../disk/disk.ts";
import {
  isReadableRecordVersion,
  paddedRecordBytes,
  type RecordHeader,
  readRecordHeader,
  recordHeaderBytes,
} from "./recordFormat.ts";

const windowBytes = 1024 * 1024;

export interface RecordSearch {
  /** Where a record can begin: a multiple of 8. */
  readonly position: number;
  readonly fileBytes: number;
  readonly salt: number;
  readonly accept: (header: RecordHeader) => boolean;
}

export interface FoundRecord extends RecordHeader {
  /** Where it begins. */
  readonly position: number;
}

/**
 * The first whole record from a position on that is accepted. Looks at every offset where one can start, through a
 * window; the checksum of a candidate is computed in pieces, so memory stays at two windows whatever its length.
 */
export async function findRecord(file: DiskFile, search: RecordSearch): Promise<FoundRecord | undefined> {
  const window = new Uint8Array(Math.min(windowBytes, Math.max(0, search.fileBytes - search.position)));
  const lastStart = search.fileBytes - recordHeaderBytes;
  for (let start = search.position; start <= lastStart; ) {
    const filled = await file.read(window, start);
    const offsets = filled - recordHeaderBytes;
    if (offsets < 0) return undefined;
    for (let offset = 0; offset <= offsets; offset += 8) {
      // Most offsets hold no record: told by two bytes, without decoding the rest.
      if (!isReadableRecordVersion(window[offset + 8]!) || window[offset + 10] !== 0) continue;
      const header = readRecordHeader(window.subarray(offset));
      if (header.payloadBytes > limits.walRecordBytesMax || !search.accept(header)) continue;
      if (start + offset + paddedRecordBytes(header.payloadBytes) > search.fileBytes) continue;
      if (await checksumHolds(file, start + offset, header.payloadBytes, search.salt)) {
        return { ...header, position: start + offset };
      }
    }
    // Back to the first offset that was not looked at.
    start += offsets - (offsets % 8) + 8;
  }
  return undefined;
}

async function checksumHolds(
  file: DiskFile,
  position: number,
  payloadBytes: number,
  salt: number,
): Promise<boolean> {
  const piece = new Uint8Array(Math.min(windowBytes, recordHeaderBytes + payloadBytes));
  const end = position + recordHeaderBytes + payloadBytes;
  let stored: number | undefined;
  let checksum = salt;
  for (let at = position; at < end; ) {
    const target = piece.subarray(0, Math.min(piece.length, end - at));
    if ((await file.read(target, at)) < target.length) return false;
    const isFirst = stored === undefined;
    stored ??= new DataView(target.buffer).getUint32(4, true);
    checksum = crc32c(isFirst ? target.subarray(8) : target, checksum);
    at += target.length;
  }
  return stored === checksum;
}

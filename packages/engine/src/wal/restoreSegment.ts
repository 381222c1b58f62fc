import type { CollectionId } from "@akidb/base";
import { assert } from "@akidb/base";
import type { DiskFile } from "../disk/disk.ts";
import { type SegmentScan, type SegmentScanRequest, scanSegment } from "./scanSegment.ts";
import {
  decodeSegmentHeader,
  encodeSegmentHeader,
  segmentFileName,
  segmentHeaderBytes,
} from "./segmentHeader.ts";

const windowBytes = 1024 * 1024;

export interface SegmentRestore extends SegmentScanRequest {
  /** The log that is restored; it exists. */
  readonly directory: string;
  /** Of the collection that is restored; `collectionId` is the one whose log the segment was. */
  readonly targetId: CollectionId;
}

/**
 * Copies the records of a closed segment, up to the first that is not wanted, into the log of a collection that is being
 * restored. Nothing is written where none is wanted. Durable when it resolves, but for the file's name.
 *
 * @throws DamagedFileError where a record that is wanted is not what was written
 */
export async function restoreSegment(restore: SegmentRestore): Promise<SegmentScan> {
  const { disk, directory, targetId, path, firstLsn } = restore;
  const scan = await scanSegment(restore);
  if (scan.lastLsn < firstLsn) return scan;
  const source = await disk.openFile(path);
  try {
    const target = await disk.createFile(`${directory}/${segmentFileName(firstLsn)}`);
    try {
      await copySegment(source, target, { bytes: scan.bytes, targetId });
      await target.sync();
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
  return scan;
}

async function copySegment(
  source: DiskFile,
  target: DiskFile,
  { bytes, targetId }: { readonly bytes: number; readonly targetId: CollectionId },
): Promise<void> {
  const head = new Uint8Array(segmentHeaderBytes);
  await source.read(head, 0);
  const reading = decodeSegmentHeader(head);
  assert(reading.kind === "valid", "a segment that was scanned has a header");
  // The records' checksums are seeded with the salt, which stays.
  await target.write([encodeSegmentHeader({ ...reading.header, collectionId: targetId })], 0);
  const window = new Uint8Array(Math.min(windowBytes, bytes));
  for (let position = segmentHeaderBytes; position < bytes; ) {
    const wanted = window.subarray(0, Math.min(window.length, bytes - position));
    const filled = await source.read(wanted, position);
    assert(filled === wanted.length, "a closed segment does not shrink");
    await target.write([wanted], position);
    position += filled;
  }
}

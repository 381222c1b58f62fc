import type { CollectionId } from "@akidb/base";
import { crc32c } from "@node-rs/crc32";
import { recordTimeMs } from "../collection/mutationRecord.ts";
import { DamagedFileError } from "../damagedFileError.ts";
import type { Disk, DiskFile } from "../disk/disk.ts";
import { RecordWindow, requireExpected } from "./recordWindow.ts";
import { requireHeader } from "./segmentFile.ts";
import { decodeSegmentHeader, segmentHeaderBytes } from "./segmentHeader.ts";

export interface SegmentScanRequest {
  readonly disk: Disk;
  readonly path: string;
  /** How the file is called in messages. */
  readonly displayName: string;
  readonly collectionId: CollectionId;
  readonly firstLsn: number;
  readonly lastLsn: number;
  /** The scan ends before the first record that is not wanted; absent: at `lastLsn`. */
  readonly isWanted?: (record: RecordPosition) => boolean;
}

export interface RecordPosition {
  readonly lsn: number;
  /** When the writer decided it; that of the record before where it does not say, and undefined where none did. */
  readonly timeMs: number | undefined;
}

export interface SegmentScan {
  readonly createdAtMs: number;
  /** Of the last record that is wanted; one less than `firstLsn` where none is. */
  readonly lastLsn: number;
  /** Of the file, up to the end of that record: what is behind is not part of the log, or not wanted. */
  readonly bytes: number;
  /** Of these bytes. */
  readonly crc32c: number;
  /** Of the first and the last record that say when they were decided. */
  readonly firstTimeMs: number | undefined;
  readonly lastTimeMs: number | undefined;
}

/**
 * Reads a segment that nothing is appended to any more from its beginning, through a window of a few MiB, and verifies
 * every record on the way.
 *
 * @throws DamagedFileError where a record up to `lastLsn` is not what was written
 */
export async function scanSegment(request: SegmentScanRequest): Promise<SegmentScan> {
  const file = await request.disk.openFile(request.path);
  try {
    return await scanOpenSegment(file, request);
  } finally {
    await file.close();
  }
}

async function scanOpenSegment(file: DiskFile, request: SegmentScanRequest): Promise<SegmentScan> {
  const { displayName, collectionId, firstLsn, lastLsn, isWanted = () => true } = request;
  const head = new Uint8Array(segmentHeaderBytes);
  await file.read(head, 0);
  const reading = decodeSegmentHeader(head);
  const { salt, createdAtMs } = requireHeader({ reading, displayName, firstLsn }, collectionId);
  const records = new RecordWindow(file, await file.size());
  let checksum = crc32c(head);
  let bytes = segmentHeaderBytes;
  let firstTimeMs: number | undefined;
  let timeMs: number | undefined;
  let lsn = firstLsn - 1;
  while (lsn < lastLsn) {
    const record = await records.next(salt);
    if (record.kind !== "record") {
      throw new DamagedFileError(displayName, `a bad record at byte ${records.position} (LSN ${lsn + 1})`);
    }
    requireExpected(record, lsn + 1, displayName);
    const recordMs = recordTimeMs(record) ?? timeMs;
    if (!isWanted({ lsn: lsn + 1, timeMs: recordMs })) break;
    firstTimeMs ??= recordMs;
    timeMs = recordMs;
    checksum = crc32c(records.lastRecord, checksum);
    bytes = records.position;
    lsn += 1;
  }
  return { createdAtMs, lastLsn: lsn, bytes, crc32c: checksum, firstTimeMs, lastTimeMs: timeMs };
}

import type { CollectionId } from "@akidb/base";
import { DamagedFileError, type LsnRange } from "../damagedFileError.ts";
import type { Disk, DiskFile } from "../disk/disk.ts";
import { type FoundRecord, findRecord } from "./findRecord.ts";
import type { WalRecord } from "./recordFormat.ts";
import { RecordWindow, requireExpected } from "./recordWindow.ts";
import { requireHeader, type SegmentFile } from "./segmentFile.ts";
import { segmentFileName } from "./segmentHeader.ts";

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

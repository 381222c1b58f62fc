import { DamagedFileError } from "../damagedFileError.ts";
import { type ClosedSegment, ClosedSegments } from "./closedSegments.ts";
import { LogPositions } from "./logPositions.ts";
import { createSegment, reopenSegment, type SegmentCreation, secureSegment } from "./openSegment.ts";
import type { WalRecord } from "./recordFormat.ts";
import { isUnfinished, listSegmentFiles, requireHeader, type SegmentFile } from "./segmentFile.ts";
import { parseSegmentFileName, type SegmentHeader, segmentFileName } from "./segmentHeader.ts";
import { type CoveredDamage, replaySegment } from "./segmentReplay.ts";
import { WalWriter, type WalWriterOptions } from "./walWriter.ts";

export type OpenWalOptions = Omit<WalWriterOptions, "nextLsn" | "segment" | "closed" | "positions"> & {
  /**
   * The first LSN that the caller lacks: one more than what its checkpoint holds, which must have been durable in the
   * log when the checkpoint was completed ({@link WalWriter.sync}). Segments wholly below are not read. Absent: all.
   */
  readonly fromLsn?: number;
  readonly apply: (record: WalRecord) => void | Promise<void>;
};

export interface WalRecovery {
  /** Records that were applied. */
  readonly recordCount: number;
  /** Bytes of writes that a crash cut off before they were acknowledged; gone now. */
  readonly tornBytes: number;
  /** What the log has lost of the records below `fromLsn`: nothing is missing, and an older checkpoint may be of no use. */
  readonly coveredDamage: readonly CoveredDamage[];
}

/** LSN 0 is "nothing yet". */
const firstLsnEver = 1;

/**
 * Begins the log of a new collection; durable when it resolves.
 *
 * @param firstLsn where the collection begins with what another one's log had before; 1 if absent
 */
export async function createWal(creation: SegmentCreation & { readonly firstLsn?: number }): Promise<void> {
  const { disk, directory, firstLsn = firstLsnEver } = creation;
  await disk.makeDirectory(directory);
  const existing = (await disk.list(directory)).find((name) => parseSegmentFileName(name) !== undefined);
  if (existing !== undefined) throw new Error(`there is a log already: ${existing}`);
  await continueWal(creation, firstLsn);
}

/** Lets a log whose segments end before an LSN, all of them, go on from there; durable when it resolves. */
export async function continueWal(creation: SegmentCreation, firstLsn: number): Promise<void> {
  const { file } = await createSegment(creation, { firstLsn, supersedes: false, records: [] });
  await file.close();
}

/**
 * Replays the log from an LSN on into `apply` and opens it for appending.
 *
 * @throws DamagedFileError where something acknowledged is missing or not what was written
 */
export async function openWal(options: OpenWalOptions): Promise<{ wal: WalWriter; recovery: WalRecovery }> {
  const { disk, directory, collectionId, apply, fromLsn = firstLsnEver } = options;
  const all = await listSegmentFiles(disk, directory);
  const needed = selectNeeded(all, fromLsn);
  const positions = new LogPositions(fromLsn - 1);
  const closed = all
    .slice(0, all.length - needed.length)
    .map((segment, index) => closedSegment(segment, all[index + 1]!));

  let nextLsn = needed[0]!.firstLsn;
  let recordCount = 0;
  let newest: { readonly header: SegmentHeader; readonly validBytes: number } | undefined;
  let tornBytes = 0;
  const coveredDamage: CoveredDamage[] = [];
  for (const [index, segment] of needed.entries()) {
    const next = needed[index + 1];
    if (next === undefined && isUnfinished(segment)) {
      newest = undefined;
      tornBytes = segment.bytes;
      break;
    }
    if (next === undefined) await secureSegment(options, segment);
    const replay = await replaySegment({
      disk,
      segment,
      next,
      collectionId,
      fromLsn,
      apply,
      onApplied: (lsn, recordBytes) => {
        recordCount += 1;
        positions.note(lsn, recordBytes);
      },
      onDamage: (damage) => coveredDamage.push(damage),
    });
    if (next !== undefined) closed.push(closedSegment(segment, next));
    newest = { header: requireHeader(segment, collectionId), validBytes: replay.validBytes };
    nextLsn = replay.nextLsn;
    tornBytes = replay.tornBytes;
  }
  if (nextLsn < fromLsn) {
    const reason = `ends at LSN ${nextLsn - 1}, though LSN ${fromLsn - 1} was durable in it`;
    throw new DamagedFileError(needed.at(-1)!.displayName, reason);
  }
  const segment =
    newest === undefined
      ? await createSegment(options, { firstLsn: nextLsn, supersedes: false, records: [] })
      : await reopenSegment(options, newest.header, newest.validBytes);
  const closedSegments = new ClosedSegments(options, closed);
  const wal = new WalWriter({ ...options, nextLsn, segment, closed: closedSegments, positions });
  return { wal, recovery: { recordCount, tornBytes, coveredDamage } };
}

/** From the one that holds `fromLsn` on. */
function selectNeeded(all: readonly SegmentFile[], fromLsn: number): readonly SegmentFile[] {
  const [oldest] = all;
  if (oldest === undefined) throw new DamagedFileError("wal", "has no segment");
  const first = all.findLastIndex(({ firstLsn }) => firstLsn <= fromLsn);
  if (first === -1) {
    const name = segmentFileName(fromLsn);
    throw new DamagedFileError(
      `wal/${name}`,
      `or one before is missing: the oldest is ${oldest.displayName}`,
    );
  }
  return all.slice(first);
}

/** What the files tell about a segment that has a successor. */
function closedSegment(
  { name, path, firstLsn, bytes, reading }: SegmentFile,
  next: SegmentFile,
): ClosedSegment {
  const createdAtMs = reading.kind === "valid" ? reading.header.createdAtMs : undefined;
  return {
    name,
    path,
    firstLsn,
    lastLsn: next.firstLsn - 1,
    createdAtMs,
    closedAtMs: next.reading.kind === "valid" ? next.reading.header.createdAtMs : (createdAtMs ?? 0),
    bytes,
  };
}

import { DamagedFileError } from "../damagedFileError.ts";
import type { WalRecord } from "./recordFormat.ts";
import { parseSegmentFileName, segmentFileName } from "./segmentHeader.ts";
import { replaySegment, type SegmentReplay } from "./segmentReplay.ts";
import { createSegment, WalWriter, type WalWriterOptions } from "./walWriter.ts";

export type OpenWalOptions = Omit<WalWriterOptions, "nextLsn" | "segment" | "closedBytes"> & {
  readonly apply: (record: WalRecord) => void;
};

export interface WalRecovery {
  readonly recordCount: number;
  /** Bytes of writes that a crash cut off before they were acknowledged; gone now. */
  readonly tornBytes: number;
}

/** LSN 0 is "nothing yet". */
const firstLsnEver = 1;

/** Begins the log of a new collection; durable when it resolves. */
export async function createWal(
  options: Pick<WalWriterOptions, "disk" | "directory" | "collectionId" | "clock" | "ids">,
): Promise<void> {
  await options.disk.makeDirectory(options.directory);
  const { file } = await createSegment(options, firstLsnEver);
  await file.close();
}

/**
 * Replays the whole log into `apply` and opens it for appending.
 *
 * @throws DamagedFileError where something acknowledged is missing or not what was written
 */
export async function openWal(options: OpenWalOptions): Promise<{ wal: WalWriter; recovery: WalRecovery }> {
  const { disk, directory, collectionId, apply } = options;
  const firstLsns = (await disk.list(directory))
    .map(parseSegmentFileName)
    .filter((lsn) => lsn !== undefined)
    .sort((a, b) => a - b);
  if (firstLsns.length === 0) throw new DamagedFileError("wal", "has no segment");

  let nextLsn = firstLsnEver;
  let closedBytes = 0;
  let newest: SegmentReplay | undefined;
  for (const [index, firstLsn] of firstLsns.entries()) {
    const name = segmentFileName(firstLsn);
    if (firstLsn !== nextLsn) {
      throw new DamagedFileError(`wal/${segmentFileName(nextLsn)}`, `is missing before wal/${name}`);
    }
    closedBytes += newest?.validBytes ?? 0;
    newest = await replaySegment({
      disk,
      path: `${directory}/${name}`,
      file: `wal/${name}`,
      collectionId,
      firstLsn,
      isNewest: index === firstLsns.length - 1,
      apply,
    });
    nextLsn = newest.nextLsn;
  }

  const recovery = { recordCount: nextLsn - firstLsnEver, tornBytes: newest?.tornBytes ?? 0 };
  const firstLsn = firstLsns.at(-1)!;
  if (newest?.header === undefined) {
    await disk.remove(`${directory}/${segmentFileName(firstLsn)}`);
    const wal = await WalWriter.open({ ...options, nextLsn, closedBytes, segment: undefined });
    return { wal, recovery };
  }
  const segment = { firstLsn, salt: newest.header.salt, validBytes: newest.validBytes };
  return { wal: await WalWriter.open({ ...options, nextLsn, closedBytes, segment }), recovery };
}

import type { Disk } from "../disk/disk.ts";
import { listSegmentFiles } from "./segmentFile.ts";

/** A file of a log that has a successor. */
export interface ClosedSegmentFile {
  readonly path: string;
  readonly firstLsn: number;
  readonly lastLsn: number;
  /** By its header. */
  readonly createdAtMs: number;
}

/** Of the log of a collection, oldest first, without those whose header cannot be read. */
export async function listClosedSegments(
  disk: Disk,
  collectionDirectory: string,
): Promise<readonly ClosedSegmentFile[]> {
  const files = await listSegmentFiles(disk, `${collectionDirectory}/wal`);
  return files.slice(0, -1).flatMap(({ path, firstLsn, reading }, index) => {
    if (reading.kind !== "valid") return [];
    const { createdAtMs } = reading.header;
    return [{ path, firstLsn, lastLsn: files[index + 1]!.firstLsn - 1, createdAtMs }];
  });
}

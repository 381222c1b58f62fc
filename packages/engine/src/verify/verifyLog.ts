import { DamagedFileError, type LsnRange } from "../damagedFileError.ts";
import { isUnfinished, listSegmentFiles, type SegmentFile } from "../wal/segmentFile.ts";
import { replaySegment } from "../wal/segmentReplay.ts";
import type { CollectionVerification, FoundProblem } from "./collectionVerification.ts";

export interface LogProblem extends FoundProblem {
  /** Recovery needs records of it. */
  readonly isNeeded: boolean;
  /** Undefined where it is not known how many records there were. */
  readonly missing: LsnRange | undefined;
}

export interface VerifiedLog {
  readonly lastLsn: number;
  readonly problems: readonly LogProblem[];
}

/**
 * Every segment, record by record, in memory of one record.
 *
 * @param segments oldest first
 * @param fromLsn the first record that recovery needs
 */
export async function verifyLog(
  verification: CollectionVerification,
  segments: readonly SegmentFile[],
  fromLsn: number,
): Promise<VerifiedLog> {
  const problems: LogProblem[] = [];
  let lastLsn = 0;
  for (const [index, segment] of segments.entries()) {
    const next = segments[index + 1];
    if (next === undefined && isUnfinished(segment)) continue;
    try {
      const { nextLsn } = await replaySegment({
        ...verification,
        segment,
        next,
        fromLsn,
        apply: () => {},
        onApplied: () => {},
        onDamage: ({ file, firstLsn, lastLsn: last }) => {
          const problem = `records with LSN ${firstLsn} to ${last} fail their checksums`;
          problems.push({ file, problem, isNeeded: false, missing: { firstLsn, lastLsn: last } });
        },
      });
      lastLsn = nextLsn - 1;
    } catch (error) {
      if (error instanceof DamagedFileError) problems.push(problemOf(error, segment, { next, fromLsn }));
      // A live log lets segments go.
      else if (!verification.isLive || (error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      lastLsn = (next?.firstLsn ?? segment.firstLsn) - 1;
    }
    verification.progress.onRead(segment.bytes);
    verification.progress.onFile();
  }
  return { lastLsn, problems };
}

export const segmentsOf = ({ disk, directory }: CollectionVerification): Promise<readonly SegmentFile[]> =>
  listSegmentFiles(disk, `${directory}/wal`);

function problemOf(
  { file, reason, missing }: DamagedFileError,
  segment: SegmentFile,
  { next, fromLsn }: { readonly next: SegmentFile | undefined; readonly fromLsn: number },
): LogProblem {
  const whole = next === undefined ? undefined : { firstLsn: segment.firstLsn, lastLsn: next.firstLsn - 1 };
  const lost = missing ?? whole;
  return { file, problem: reason, isNeeded: lost === undefined || lost.lastLsn >= fromLsn, missing: lost };
}

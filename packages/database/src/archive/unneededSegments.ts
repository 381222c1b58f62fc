import type { ArchivedSegment } from "./archivedSegment.ts";
import { historyOf } from "./logChain.ts";

export interface LogNeed {
  /** The lowest LSN that a snapshot has which the log is restored behind. */
  readonly baseLsn: number;
  /** What was written later stays, whatever needs it. */
  readonly olderThanMs: number;
}

/**
 * Files of an archived log that no restore needs: all that counts of them lies in every snapshot. They go in the order in
 * which they were created, and none before the ones created earlier: a file says, too, where older ones stop to count, since
 * a collection that was restored has written over what they hold.
 */
export function unneededSegments(
  segments: readonly ArchivedSegment[],
  { baseLsn, olderThanMs }: LogNeed,
): readonly ArchivedSegment[] {
  const ends = new Map(historyOf(segments).map((piece) => [nameOf(piece), piece.lastLsn]));
  const unneeded: ArchivedSegment[] = [];
  for (const segment of segments.toSorted((a, b) => a.createdAtMs - b.createdAtMs)) {
    const end = ends.get(nameOf(segment));
    const isNeeded = end !== undefined && end > baseLsn;
    if (isNeeded || writtenAtMs(segment) >= olderThanMs) break;
    unneeded.push(segment);
  }
  return unneeded;
}

/** The last of it, as far as it says. */
export const writtenAtMs = ({ lastTimeMs, createdAtMs }: ArchivedSegment): number =>
  Math.max(createdAtMs, lastTimeMs ?? createdAtMs);

const nameOf = ({ firstLsn, createdAtMs }: ArchivedSegment): string => `${firstLsn}-${createdAtMs}`;

import { limits } from "@akidb/base";

/** When a checkpoint is worth its writing. */
export interface CheckpointPolicy {
  /** Bytes of the log since the last one, at least. */
  readonly logBytesMin: number;
  /** The same in shares of what the last one wrote and the next will write again. */
  readonly logShareMin: number;
  /** When the graph has caught up: shares of the rows that were linked since, and that a restart would link again. */
  readonly linkedShareMin: number;
  /** The same in rows. */
  readonly linkedRowsMin: number;
  /** At a clean end: less of the log is replayed sooner than a checkpoint is written. */
  readonly closeLogBytesMin: number;
  /** At a clean end it takes no longer. */
  readonly closeMsMax: number;
}

export const defaultCheckpointPolicy: CheckpointPolicy = {
  logBytesMin: limits.checkpointLogBytesMin,
  logShareMin: 0.5,
  linkedShareMin: 0.25,
  linkedRowsMin: 10_000,
  closeLogBytesMin: 1024 * 1024,
  closeMsMax: 20_000,
};

/** What has happened since the newest checkpoint. */
export interface CheckpointProgress {
  readonly logBytes: number;
  /** Of the checkpoint, in files that the next does not take over. */
  readonly rewrittenBytes: number;
  readonly rowCount: number;
  readonly tailCount: number;
  readonly linkedSince: number;
  /** Whether it lacks the payload index, which is complete now: an older version wrote it, or the file was damaged. */
  readonly isPayloadMissing: boolean;
}

/**
 * A checkpoint writes at most 1 / `logShareMin` bytes for every byte of the log before it, and 1 / `linkedShareMin` for
 * every byte of rows linked: writing stays within a few times what was asked for, however often it happens.
 */
export function isCheckpointDue(policy: CheckpointPolicy, progress: CheckpointProgress): boolean {
  const { logBytes, rewrittenBytes } = progress;
  if (logBytes >= Math.max(policy.logBytesMin, policy.logShareMin * rewrittenBytes)) return true;
  return progress.tailCount === 0 && isGraphAhead(policy, progress);
}

export const isCheckpointDueAtClose = (policy: CheckpointPolicy, progress: CheckpointProgress): boolean =>
  progress.logBytes >= policy.closeLogBytesMin ||
  isGraphAhead(policy, progress) ||
  (progress.isPayloadMissing && progress.rowCount >= policy.linkedRowsMin);

const isGraphAhead = (
  { linkedRowsMin, linkedShareMin }: CheckpointPolicy,
  { linkedSince, rowCount }: CheckpointProgress,
): boolean => linkedSince >= Math.max(linkedRowsMin, linkedShareMin * rowCount);

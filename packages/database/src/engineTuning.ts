import type { CheckpointPolicy } from "@akidb/engine";

/**
 * When the engine does what nobody asks for, where that differs from its own rules. For tests and measurements, which
 * cannot wait for millions of rows.
 */
export interface EngineTuning {
  readonly checkpointPolicy?: Partial<CheckpointPolicy>;
  /** Rows of one segment of a graph. */
  readonly segmentRowsMax?: number;
}

/** Whatever is closed can be searched in place then: nothing of its log lies behind its checkpoint. */
export const closedAtCheckpoints = (tuning: EngineTuning = {}): EngineTuning => ({
  ...tuning,
  checkpointPolicy: { closeLogBytesMin: 1, ...tuning.checkpointPolicy },
});

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

/** Is told what the parts of a collection take; it must be quick, for it is called on the way of every write. */
export interface CollectionMeter {
  /** A group of records was written to the log, which says nothing yet of the device. */
  logWritten(durationMs: number): void;
  /** What was written to the log was forced to the device. */
  logSynced(durationMs: number): void;
}

export const unmeasured: CollectionMeter = { logWritten: () => {}, logSynced: () => {} };

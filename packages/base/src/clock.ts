/** Time is handed in, so that tests can own it. */
export interface Clock {
  /** Wall clock, milliseconds since 1970 UTC; may jump. */
  nowMs(): number;
  /** Never goes back; for durations and deadlines. Its zero means nothing. */
  monotonicMs(): number;
}

/** `2026-01-31T09:30:00.000Z`, as every API and table shows time. */
export const formatTimestamp = (ms: number): string => new Date(ms).toISOString();

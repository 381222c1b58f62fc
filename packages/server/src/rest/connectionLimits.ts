/** What one connection may cost before a request of it is in hand. */
export const connectionLimits = {
  connectionsMax: 4_096,
  headerBytesMax: 16 * 1024,
  headersTimeoutMs: 10_000,
  keepAliveTimeoutMs: 65_000,
  /** Percent-encoded: an external id of 512 bytes takes up to 1,536. */
  pathSegmentCharactersMax: 2_048,
  /** How long the rest of a refused body is read and dropped: a connection cut at once may lose the answer. */
  drainTimeoutMs: 5_000,
} as const;

/** What a tenant has of what it may have, over all of its databases. */
export interface Usage {
  readonly tenantId: string;
  readonly memory: BytesUsage;
  /** Of the server's disk. */
  readonly storage: BytesUsage;
  readonly requests: RequestUsage;
  readonly databaseCount: number;
  readonly collectionCount: number;
  /** While collections are loading, those that are known. */
  readonly documentCount: number;
}

export interface BytesUsage {
  readonly usedBytes: number;
  readonly quotaBytes: number;
}

export interface RequestUsage {
  /** Mean of the last minute; refused ones count, calls within the server's own process do not. */
  readonly perSecond: number;
  readonly quotaPerSecond: number;
}

export interface UsageOptions {
  /** The slug or id of a tenant; the caller's own if absent. */
  readonly tenant?: string;
}

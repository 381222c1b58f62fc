import type { CircuitState, Tier } from "@akidb/base";

/** How the database is at one moment, all tenants together; counts are since the start of the process. */
export interface Gauges {
  /** Vectors that have got their places in graphs. */
  readonly vectorsIndexed: number;
  /** Vectors of open collections that wait for theirs. */
  readonly vectorsUnindexed: number;
  readonly walBytes: number;
  /** By what takes them. */
  readonly memoryBytes: Readonly<Record<MemoryComponent, number>>;
  /** What all open collections may take together. */
  readonly memoryBytesMax: number;
  readonly diskBytes: Readonly<Record<DiskComponent, number>>;
  /** Since the last snapshot of any collection was begun; undefined where there is none. */
  readonly snapshotAgeMs: number | undefined;
  /** Collections by their tiers. */
  readonly collectionTiers: Readonly<Record<Tier, number>>;
  /** Work that waits for a thread. */
  readonly workerQueueDepth: number;
  /** Texts that wait for a server or program that embeds them, by the name of its model. */
  readonly embeddingQueueDepth: Readonly<Record<string, number>>;
  /** By what each stands before. */
  readonly circuitStates: Readonly<Record<CircuitService, CircuitState>>;
  /** Work in the background that has failed and is tried again. */
  readonly deadLetterCount: number;
  /** Of the tenant that is nearest to its quota. */
  readonly quotaUsedRatio: Readonly<Record<QuotaResource, number>>;
}

/** Of open collections: the indexes with their vectors, and what is kept of documents; and the process as a whole. */
export type MemoryComponent = "indexes" | "documents" | "process";

/** Of open collections by kind of file; of those that are closed, all files as they were left. */
export type DiskComponent = "wal" | "documents" | "checkpoints" | "closed_collections";

export type CircuitService = "object_store";

export type QuotaResource = "memory" | "storage";

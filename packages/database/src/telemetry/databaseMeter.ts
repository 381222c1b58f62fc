import type { QueryPlan, Tier } from "@akidb/base";
import { type CollectionMeter, unmeasured } from "@akidb/engine";
import type { ObjectMeter } from "@akidb/objects";

/** Is told what the database does, as it does it; whoever exports metrics gives one. It must be quick and never throw. */
export interface DatabaseMeter extends CollectionMeter, ObjectMeter {
  /** A query was answered; where it brought a text, that was embedded within the time. */
  searched(plan: QueryPlan, durationMs: number): void;
  /** A batch is durable and found. */
  upserted(durationMs: number): void;
  snapshotCreated(durationMs: number): void;
  /** A collection has come from one tier to another. */
  tierMigrated(fromTier: Tier, toTier: Tier, durationMs: number): void;
  embedded(model: string, tokenCount: number, durationMs: number): void;
  /** The provider's own failure: no text that cannot be embedded, no caller who has gone. */
  embeddingFailed(model: string, provider: string): void;
  /** What an object store failed in passing is repeated: `put`, `get`, … */
  retried(operation: string): void;
  /** Work in the background has failed for the first time. */
  deadLetterAdded(): void;
  authorized(result: "allowed" | "denied", durationMs: number): void;
}

export const unmeasuredDatabase: DatabaseMeter = {
  ...unmeasured,
  uploaded: () => {},
  downloaded: () => {},
  searched: () => {},
  upserted: () => {},
  snapshotCreated: () => {},
  tierMigrated: () => {},
  embedded: () => {},
  embeddingFailed: () => {},
  retried: () => {},
  deadLetterAdded: () => {},
  authorized: () => {},
};

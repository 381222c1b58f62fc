import type { ClosedSummary, Collection, CollectionStats } from "@akidb/engine";

/** With what it takes in memory: that is to be known before it is opened there. */
export const closingStats = (collection: Collection): CollectionStats => ({
  ...collection.stats(),
  memoryBytes: collection.promotedBytes,
});

/**
 * What is known of a collection that is not open: as its files told, or as it was when it was closed. Opened, it tells that by
 * itself, and only when it was used last goes on to count.
 */
export class LastKnown {
  #summary: ClosedSummary | undefined;
  #lastUsedAtMs = 0;

  /** What its files tell, where nothing newer is known. */
  know(summary: ClosedSummary): void {
    this.#summary ??= summary;
    this.used(summary.lastUsedAtMs);
  }

  /** @param stats {@link closingStats} from before */
  close(
    stats: CollectionStats,
    { diskBytes, isSettled }: Pick<ClosedSummary, "diskBytes" | "isSettled">,
  ): ClosedSummary {
    const { documentCount, indexedCount, memoryBytes } = stats;
    const lastUsedAtMs = this.#lastUsedAtMs;
    const summary = { documentCount, indexedCount, memoryBytes, diskBytes, lastUsedAtMs, isSettled };
    this.#summary = summary;
    return summary;
  }

  /** It is open. */
  forget(): void {
    this.#summary = undefined;
  }

  used(atMs: number): void {
    this.#lastUsedAtMs = Math.max(this.#lastUsedAtMs, atMs);
  }

  /** 0 where nobody knows. */
  get lastUsedAtMs(): number {
    return this.#lastUsedAtMs;
  }

  /** What it took when it was open. */
  get memoryBytes(): number {
    return this.#summary?.memoryBytes ?? 0;
  }

  get diskBytes(): number {
    return this.#summary?.diskBytes ?? 0;
  }

  get stats(): CollectionStats | undefined {
    if (this.#summary === undefined) return undefined;
    const { documentCount, indexedCount, diskBytes } = this.#summary;
    return {
      documentCount,
      indexedCount,
      rowCount: documentCount,
      memoryBytes: 0,
      diskBytes,
      payload: undefined,
      recall: undefined,
      readOnlyReason: undefined,
    };
  }
}

import type { Clock, RecallEstimate } from "@akidb/base";
import type { RankedRows } from "../index/vectorIndex.ts";

export interface RecallMonitorOptions {
  readonly clock: Clock;
  /** Exact checks at most; 0 turns them off. */
  readonly checksPerMinute: number;
}

const checksKept = 100;

/**
 * Estimates the recall of live searches: now and then it repeats one by looking at every vector, behind the answer. At
 * most one check runs at a time, and a minute has at most so many, however many searches there are.
 */
export class RecallMonitor {
  readonly #options: RecallMonitorOptions;
  readonly #recalls: number[] = [];
  #nextCheckMs = 0;
  #isChecking = false;

  constructor(options: RecallMonitorOptions) {
    this.#options = options;
  }

  /** Undefined before the first check. */
  get estimate(): RecallEstimate | undefined {
    const checks = this.#recalls.length;
    if (checks === 0) return undefined;
    return { recall: this.#recalls.reduce((sum, recall) => sum + recall, 0) / checks, checks };
  }

  /**
   * Offers a search for a check.
   *
   * @param searchExactly the same search, looking at every vector; called only where the check is made
   */
  offer(found: RankedRows, searchExactly: () => Promise<RankedRows>): void {
    const { checksPerMinute, clock } = this.#options;
    if (checksPerMinute === 0 || this.#isChecking || clock.monotonicMs() < this.#nextCheckMs) return;
    this.#nextCheckMs = clock.monotonicMs() + 60_000 / checksPerMinute;
    this.#isChecking = true;
    searchExactly()
      .then(
        (exact) => this.#record(recallOf(found, exact)),
        // Given up or closed meanwhile: the next one will do.
        () => {},
      )
      .finally(() => {
        this.#isChecking = false;
      });
  }

  #record(recall: number): void {
    this.#recalls.push(recall);
    if (this.#recalls.length > checksKept) this.#recalls.shift();
  }
}

/** By score and not by row, so that equally good rows count. */
function recallOf(found: RankedRows, exact: RankedRows): number {
  const count = exact.scores.length;
  if (count === 0) return 1;
  const worst = exact.scores[count - 1]!;
  return Math.min(1, found.scores.filter((score) => score >= worst).length / count);
}

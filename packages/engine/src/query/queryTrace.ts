import type { Clock, QueryStage } from "@akidb/base";

/** A stage by the monotonic clock. */
export interface TimedStage extends QueryStage {
  /** When it was first entered. */
  readonly startMs: number;
}

/** Where the time of a query goes. A stage that is entered again counts on. */
export class QueryTrace {
  readonly #clock: Clock;
  readonly #stages = new Map<string, { readonly startMs: number; durationMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async time<T>(stage: string, work: () => Promise<T>): Promise<T> {
    const startMs = this.#clock.monotonicMs();
    try {
      return await work();
    } finally {
      this.#add(stage, startMs);
    }
  }

  /** Of work that is done within the turn. */
  timeNow<T>(stage: string, work: () => T): T {
    const startMs = this.#clock.monotonicMs();
    const result = work();
    this.#add(stage, startMs);
    return result;
  }

  #add(stage: string, startMs: number): void {
    const durationMs = this.#clock.monotonicMs() - startMs;
    const entered = this.#stages.get(stage);
    if (entered === undefined) this.#stages.set(stage, { startMs, durationMs });
    else entered.durationMs += durationMs;
  }

  /** In the order of their beginnings. */
  get stages(): readonly QueryStage[] {
    return Array.from(this.#stages, ([name, { durationMs }]) => ({ name, durationMs }));
  }

  timeline(): readonly TimedStage[] {
    return Array.from(this.#stages, ([name, { startMs, durationMs }]) => ({ name, startMs, durationMs }));
  }
}

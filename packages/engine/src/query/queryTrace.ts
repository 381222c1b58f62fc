import type { Clock, QueryStage } from "@akidb/base";

/** Where the time of a query goes. A stage that is entered again counts on. */
export class QueryTrace {
  readonly #clock: Clock;
  readonly #durationsMs = new Map<string, number>();

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
    this.#durationsMs.set(stage, (this.#durationsMs.get(stage) ?? 0) + durationMs);
  }

  /** In the order of their beginnings. */
  get stages(): readonly QueryStage[] {
    return Array.from(this.#durationsMs, ([name, durationMs]) => ({ name, durationMs }));
  }
}

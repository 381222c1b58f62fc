import type { Clock } from "./clock.ts";

/** `open`: whoever asks is refused. `half_open`: one call tries whether that is over, all others are refused. */
export type CircuitState = "closed" | "open" | "half_open";

/**
 * What an error says of the other side: that it serves nobody now; that it serves, whatever it answered; or nothing, as where
 * whoever called has gone.
 */
export type CircuitVerdict = "failure" | "answer" | "nothing";

export interface CircuitBreakerOptions {
  readonly clock: Clock;
  /** In a row; then it opens. */
  readonly failuresMax: number;
  /** How long it stays open first. */
  readonly restMs: number;
  /** Twice as long each time that it is tried in vain, up to here; `restMs` if absent. */
  readonly restMsMax?: number;
  readonly verdictOf: (error: unknown) => CircuitVerdict;
  /** What those are told who are refused. */
  readonly refusal: (retryAfterMs: number) => Error;
  /** Whether calls are tried once the rest is over; where they are not, {@link CircuitBreaker.probe} is. True if absent. */
  readonly triesCalls?: boolean;
  readonly onChange?: (state: CircuitState) => void;
}

/**
 * Leaves alone what has failed again and again (M. Nygard, Release It!, 2007): nobody waits for what will not come, and what
 * has broken down is not kept down. What began before a change of the state says nothing about the time after.
 */
export class CircuitBreaker {
  readonly #options: CircuitBreakerOptions;
  #state: CircuitState = "closed";
  /** Counts changes of the state. */
  #era = 0;
  #failureCount = 0;
  #restMs: number;
  /** By the monotonic clock. */
  #restsUntilMs = 0;
  #lastFailure: unknown;

  constructor(options: CircuitBreakerOptions) {
    this.#options = options;
    this.#restMs = options.restMs;
  }

  get state(): CircuitState {
    return this.#state;
  }

  /** Why it opened; undefined while it is closed. */
  get failure(): unknown {
    return this.#state === "closed" ? undefined : this.#lastFailure;
  }

  /** Until it may be tried; 0 where that is now. */
  get restMs(): number {
    if (this.#state !== "open") return 0;
    return Math.max(0, this.#restsUntilMs - this.#options.clock.monotonicMs());
  }

  /** @throws the refusal, where it is not closed and the call is not the one that tries */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#state === "closed") return await this.#observed(work);
    const { triesCalls = true, refusal } = this.#options;
    if (triesCalls && this.#state === "open" && this.restMs === 0) return await this.probe(work);
    // While it is tried, nobody knows for how long.
    throw refusal(this.#state === "open" ? Math.max(1, this.restMs) : this.#options.restMs);
  }

  /** The one call that tries, however long the rest would last yet; refused while another one does. */
  async probe<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#state === "half_open") throw this.#options.refusal(this.#options.restMs);
    if (this.#state === "open") this.#become("half_open");
    return await this.#observed(work);
  }

  /** Closes it, whatever it has seen. */
  reset(): void {
    this.#close();
  }

  /** For what fails after its call, as a body does that is read. */
  failed(error: unknown): void {
    if (this.#state === "closed") this.#judge(error);
  }

  async #observed<Result>(work: () => Promise<Result>): Promise<Result> {
    const era = this.#era;
    try {
      const result = await work();
      if (era === this.#era) this.#close();
      return result;
    } catch (error) {
      if (era === this.#era) this.#judge(error);
      throw error;
    }
  }

  #judge(error: unknown): void {
    switch (this.#options.verdictOf(error)) {
      case "failure":
        this.#lastFailure = error;
        this.#countFailure();
        return;
      case "answer":
        this.#close();
        return;
      case "nothing":
        if (this.#state === "half_open") this.#open();
    }
  }

  #countFailure(): void {
    const { failuresMax, restMs, restMsMax = restMs } = this.#options;
    this.#failureCount += 1;
    if (this.#state === "half_open") this.#restMs = Math.min(restMsMax, 2 * this.#restMs);
    if (this.#state === "half_open" || this.#failureCount >= failuresMax) this.#open();
  }

  #open(): void {
    this.#restsUntilMs = this.#options.clock.monotonicMs() + this.#restMs;
    this.#become("open");
  }

  #close(): void {
    this.#failureCount = 0;
    this.#restMs = this.#options.restMs;
    if (this.#state !== "closed") this.#become("closed");
  }

  #become(state: CircuitState): void {
    this.#state = state;
    this.#era += 1;
    this.#options.onChange?.(state);
  }
}

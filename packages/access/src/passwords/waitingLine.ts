import { unavailable } from "@akidb/base";

export interface WaitingLineOptions {
  /** At once. */
  readonly runningMax: number;
  readonly waitingMax: number;
}

/** Lets so many through at once, and so many more wait in order of arrival. */
export class WaitingLine {
  readonly #options: WaitingLineOptions;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(options: WaitingLineOptions) {
    this.#options = options;
  }

  /** Rejects with `unavailable` where the line is full, and as `work` does. */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#running >= this.#options.runningMax) {
      if (this.#waiting.length >= this.#options.waitingMax) {
        throw unavailable("too many passwords are being verified", { retryAfterMs: 1_000 });
      }
      // Whoever ends hands its place on, so that nobody can come in between.
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#running += 1;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}

const secondsKept = 60;

/** How many requests came in each of the last sixty seconds. */
export class RequestCount {
  readonly #counts = new Uint32Array(secondsKept);
  #second: number;
  readonly #sinceMs: number;

  constructor(nowMs: number) {
    this.#second = Math.floor(nowMs / 1_000);
    this.#sinceMs = nowMs;
  }

  note(nowMs: number): void {
    this.#moveTo(nowMs);
    this.#counts[this.#second % secondsKept]! += 1;
  }

  /** Mean of the last minute, or of the time since it counts where that is less. */
  perSecond(nowMs: number): number {
    this.#moveTo(nowMs);
    const seconds = Math.min(secondsKept, Math.max(1, (nowMs - this.#sinceMs) / 1_000));
    return this.#counts.reduce((sum, count) => sum + count, 0) / seconds;
  }

  #moveTo(nowMs: number): void {
    const second = Math.floor(nowMs / 1_000);
    const passed = Math.min(secondsKept, second - this.#second);
    for (let at = 1; at <= passed; at++) this.#counts[(this.#second + at) % secondsKept] = 0;
    this.#second = Math.max(this.#second, second);
  }
}

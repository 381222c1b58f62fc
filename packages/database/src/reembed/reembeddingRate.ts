import type { Clock } from "@akidb/base";

/** What is told follows what was done so long. */
const windowMs = 10_000;

/** How many documents are done in a second, of late. */
export class ReembeddingRate {
  readonly #clock: Clock;
  /** The first is the oldest that counts. */
  readonly #marks: { readonly atMs: number; readonly done: number }[];
  #done = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#marks = [{ atMs: clock.monotonicMs(), done: 0 }];
  }

  add(count: number): void {
    this.#done += count;
    const atMs = this.#clock.monotonicMs();
    this.#marks.push({ atMs, done: this.#done });
    while (this.#marks.length > 2 && this.#marks[1]!.atMs < atMs - windowMs) this.#marks.shift();
  }

  /** Undefined until something is known. */
  get perSecond(): number | undefined {
    const [oldest] = this.#marks;
    const elapsedMs = this.#clock.monotonicMs() - oldest!.atMs;
    const done = this.#done - oldest!.done;
    return done === 0 || elapsedMs <= 0 ? undefined : (done * 1_000) / elapsedMs;
  }
}

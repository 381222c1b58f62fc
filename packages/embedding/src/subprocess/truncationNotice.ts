import type { Clock } from "@akidb/base";

const intervalMs = 60_000;

/** Says that texts are cut, once a minute at most, and how many were. */
export class TruncationNotice {
  readonly #say: (line: string) => void;
  readonly #clock: Clock;
  #truncated = 0;
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(say: (line: string) => void, clock: Clock) {
    this.#say = say;
    this.#clock = clock;
  }

  /** @param tokensMax that the model reads of a text */
  note(truncated: number, tokensMax: number): void {
    this.#truncated += truncated;
    if (this.#truncated === 0 || this.#clock.monotonicMs() - this.#lastMs < intervalMs) return;
    const texts = this.#truncated === 1 ? "1 text was" : `${this.#truncated} texts were`;
    this.#say(`${texts} longer than ${tokensMax} tokens; the model has not seen the rest`);
    this.#truncated = 0;
    this.#lastMs = this.#clock.monotonicMs();
  }
}

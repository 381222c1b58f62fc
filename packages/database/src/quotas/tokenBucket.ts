/**
 * Requests at a mean rate, in bursts of up to one second's worth: a bucket of as many tokens as the rate says, which fills at
 * the rate, and of which each request takes one. The rate is the caller's, so that a change of it counts at once.
 *
 * Its level is kept in thousandths of a token: what a millisecond brings is then a whole number.
 */
export class TokenBucket {
  #level = Number.POSITIVE_INFINITY;
  #atMs: number;

  /** Full. */
  constructor(nowMs: number) {
    this.#atMs = nowMs;
  }

  /** Takes a token if there is one. @returns milliseconds until there is one; 0 where it was taken */
  take(nowMs: number, ratePerSecond: number): number {
    this.#fill(nowMs, ratePerSecond);
    if (this.#level < tokenSize) return (tokenSize - this.#level) / ratePerSecond;
    this.#level -= tokenSize;
    return 0;
  }

  /** Takes a token, on credit where there is none. @returns milliseconds until it is paid for */
  owe(nowMs: number, ratePerSecond: number): number {
    this.#fill(nowMs, ratePerSecond);
    this.#level -= tokenSize;
    return Math.max(0, -this.#level / ratePerSecond);
  }

  /** Whole tokens. */
  remaining(nowMs: number, ratePerSecond: number): number {
    this.#fill(nowMs, ratePerSecond);
    return Math.max(0, Math.floor(this.#level / tokenSize));
  }

  msUntilFull(nowMs: number, ratePerSecond: number): number {
    this.#fill(nowMs, ratePerSecond);
    return (ratePerSecond * tokenSize - this.#level) / ratePerSecond;
  }

  #fill(nowMs: number, ratePerSecond: number): void {
    const gained = Math.max(0, nowMs - this.#atMs) * ratePerSecond;
    this.#level = Math.min(ratePerSecond * tokenSize, this.#level + gained);
    this.#atMs = Math.max(this.#atMs, nowMs);
  }
}

const tokenSize = 1_000;

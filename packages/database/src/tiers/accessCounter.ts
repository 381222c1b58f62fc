/** What is known of it from before. */
export interface CountedAccess {
  readonly count: number;
  readonly windowStartMs: number | undefined;
  readonly lastAtMs: number | undefined;
}

/**
 * Uses of a collection in a window of time, which begins with the first use behind the window before. They are counted in
 * memory, where they end: a search pays some nanoseconds.
 */
export class AccessCounter {
  readonly #windowMs: number;
  #count: number;
  #windowStartMs: number | undefined;
  #lastAtMs: number | undefined;
  #isChanged = false;

  constructor(windowMs: number, { count, windowStartMs, lastAtMs }: CountedAccess) {
    this.#windowMs = windowMs;
    this.#count = count;
    this.#windowStartMs = windowStartMs;
    this.#lastAtMs = lastAtMs;
  }

  note(nowMs: number): void {
    const elapsedMs = nowMs - (this.#windowStartMs ?? Number.NEGATIVE_INFINITY);
    // A clock that was set back begins anew.
    if (elapsedMs >= this.#windowMs || elapsedMs < 0) this.beginWindow(nowMs);
    this.#count += 1;
    this.#lastAtMs = Math.max(nowMs, this.#lastAtMs ?? nowMs);
    this.#isChanged = true;
  }

  beginWindow(nowMs: number): void {
    this.#windowStartMs = nowMs;
    this.#count = 0;
    this.#isChanged = true;
  }

  get now(): CountedAccess {
    return { count: this.#count, windowStartMs: this.#windowStartMs, lastAtMs: this.#lastAtMs };
  }

  /** @returns whether anything was counted since the last call */
  takeChange(): boolean {
    const isChanged = this.#isChanged;
    this.#isChanged = false;
    return isChanged;
  }
}

import { assert, unavailable } from "@akidb/base";

/** Writes wait from its beginning to its end; what they were told before is applied. */
export interface WriteHold {
  /** They go on. */
  release(): void;
  /** They are refused from now on: others have come in the collection's place. */
  replace(): void;
}

/** A client that tries again finds what has come in its place. */
const replacedRetryMs = 100;

/** Lets groups of writes pass one after the other, or wait. */
export class WriteGate {
  #held: PromiseWithResolvers<void> | undefined;
  #passing: Promise<void> = Promise.resolve();
  #isReplaced = false;

  get isReplaced(): boolean {
    return this.#isReplaced;
  }

  /** @param commit never rejects */
  async pass(commit: () => Promise<void>): Promise<void> {
    while (this.#held !== undefined) await this.#held.promise;
    this.#passing = commit();
    await this.#passing;
  }

  /** Resolves when the group that passes has passed. One at a time. */
  async hold(): Promise<WriteHold> {
    assert(this.#held === undefined && !this.#isReplaced, "writes are held once");
    const held = Promise.withResolvers<void>();
    this.#held = held;
    await this.#passing;
    const end = (): void => {
      if (this.#held !== held) return;
      this.#held = undefined;
      held.resolve();
    };
    return {
      release: end,
      replace: () => {
        this.#isReplaced = true;
        end();
      },
    };
  }

  /** @throws AkiDbError `unavailable` where another one has come in the collection's place */
  requireOpen(): void {
    if (!this.#isReplaced) return;
    const message = "the collection has got another index while the write waited, and nothing was written";
    throw unavailable(message, { retryAfterMs: replacedRetryMs });
  }
}

import {
  AkiDbError,
  CircuitBreaker,
  type CircuitState,
  type CircuitVerdict,
  type Clock,
  type Deadline,
  deadlineAfter,
  isAkiDbError,
  unavailable,
} from "@akidb/base";
import type { DeleteFailure, ObjectReading, ObjectStore } from "./objectStore.ts";

export interface ObjectStoreCircuitOptions {
  readonly clock: Clock;
  /** Calls that fail in a row, each after all its attempts; 3 if absent. */
  readonly failuresMax?: number;
  /** From its opening to the first probe, 5,000 if absent; twice as long after each that failed, 60,000 at most. */
  readonly restMs?: number;
  readonly restMsMax?: number;
  /** Of one probe; 10,000 if absent. */
  readonly probeTimeoutMs?: number;
  readonly onChange?: (state: CircuitState) => void;
}

/** The store was not asked, because it has failed again and again. */
export class ObjectStoreAwayError extends AkiDbError {
  constructor(retryAfterMs: number, failure: unknown) {
    const reason = isAkiDbError(failure) ? ` (${failure.message})` : "";
    super(
      "unavailable",
      `the object store is away${reason}; it is asked from time to time whether it is back`,
      {
        retryAfterMs,
        cause: failure,
      },
    );
  }
}

/**
 * A circuit breaker before an object store. While the store fails, no call waits for it, and none tries whether it is back: a
 * short list of its own does that, so that the state is the truth although nobody uses the store.
 */
export class ObjectStoreCircuit {
  /** The same store. */
  readonly store: ObjectStore;
  readonly #inner: ObjectStore;
  readonly #options: ObjectStoreCircuitOptions;
  readonly #breaker: CircuitBreaker;
  #probing: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(store: ObjectStore, options: ObjectStoreCircuitOptions) {
    const { clock, failuresMax = 3, restMs = 5_000, restMsMax = 60_000 } = options;
    this.#inner = store;
    this.#options = options;
    this.#breaker = new CircuitBreaker({
      clock,
      failuresMax,
      restMs,
      restMsMax,
      triesCalls: false,
      verdictOf,
      refusal: (retryAfterMs) => new ObjectStoreAwayError(retryAfterMs, this.#breaker.failure),
      onChange: (state) => this.#changed(state),
    });
    this.store = this.#guarded();
  }

  get state(): CircuitState {
    return this.#breaker.state;
  }

  /** Why it is not closed, for whoever runs the server; undefined while it is. */
  get reason(): string | undefined {
    if (this.state === "closed") return undefined;
    const { failure } = this.#breaker;
    return isAkiDbError(failure) ? failure.message : "the object store does not answer";
  }

  /** Lets calls through at once. */
  reset(): void {
    this.#breaker.reset();
  }

  #guarded(): ObjectStore {
    const inner = this.#inner;
    return {
      put: (key, body, options) => this.#run(options?.deadline, () => inner.put(key, body, options)),
      get: async (key, options) => {
        const reading = await this.#run(options?.deadline, () => inner.get(key, options));
        return this.#watched(reading, options?.deadline);
      },
      head: (key, options) => this.#run(options?.deadline, () => inner.head(key, options)),
      list: (options) => this.#run(options?.deadline, () => inner.list(options)),
      delete: (key, options) => this.#run(options?.deadline, () => inner.delete(key, options)),
      deleteMany: (keys, options) =>
        this.#deleteMany(() => inner.deleteMany(keys, options), options?.deadline),
      listUnfinished: (options) => this.#run(options?.deadline, () => inner.listUnfinished(options)),
      removeUnfinished: (put, options) =>
        this.#run(options?.deadline, () => inner.removeUnfinished(put, options)),
      close: () => {
        this.#isClosed = true;
        clearTimeout(this.#probing);
        return inner.close();
      },
    };
  }

  /** @throws ObjectStoreAwayError; what the work throws */
  async #run<Result>(deadline: Deadline | undefined, work: () => Promise<Result>): Promise<Result> {
    let failure: unknown;
    try {
      return await this.#breaker.run(async () => {
        try {
          return await work();
        } catch (error) {
          failure = error;
          throw isOver(deadline) ? callerGone : error;
        }
      });
    } catch (error) {
      throw error === callerGone ? failure : error;
    }
  }

  /** Some may be gone: those that are left say whether the store serves. */
  async #deleteMany(
    work: () => Promise<readonly DeleteFailure[]>,
    deadline: Deadline | undefined,
  ): Promise<readonly DeleteFailure[]> {
    let failures: readonly DeleteFailure[] = [];
    try {
      await this.#run(deadline, async () => {
        failures = await work();
        const passing = failures.find(({ error }) => verdictOf(error) === "failure");
        if (passing !== undefined) throw passing.error;
      });
    } catch (error) {
      if (failures.length === 0) throw error;
    }
    return failures;
  }

  #watched(reading: ObjectReading, deadline: Deadline | undefined): ObjectReading {
    return {
      info: reading.info,
      body: this.#watchedBody(reading.body, deadline),
      [Symbol.asyncDispose]: () => reading[Symbol.asyncDispose](),
    };
  }

  async *#watchedBody(
    body: AsyncIterable<Uint8Array>,
    deadline: Deadline | undefined,
  ): AsyncIterable<Uint8Array> {
    try {
      yield* body;
    } catch (error) {
      if (!isOver(deadline)) this.#breaker.failed(error);
      throw error;
    }
  }

  #changed(state: CircuitState): void {
    clearTimeout(this.#probing);
    if (state === "open" && !this.#isClosed) {
      this.#probing = setTimeout(() => void this.#probe(), this.#breaker.restMs);
      this.#probing.unref();
    }
    this.#options.onChange?.(state);
  }

  async #probe(): Promise<void> {
    const { clock, probeTimeoutMs = 10_000 } = this.#options;
    using deadline = deadlineAfter(clock, probeTimeoutMs);
    const ask = async (): Promise<void> => {
      try {
        await this.#inner.list({ limit: 1, deadline });
      } catch (error) {
        throw isOver(deadline) ? unavailable("the object store does not answer", { cause: error }) : error;
      }
    };
    // What it finds is the state's.
    await this.#breaker.probe(ask).catch(() => {});
  }
}

/** A deadline says how long somebody waits, not how the store is; any other error is of whoever gave the body. */
function verdictOf(error: unknown): CircuitVerdict {
  if (!isAkiDbError(error) || error.code === "deadline_exceeded") return "nothing";
  return error.code === "unavailable" ? "failure" : "answer";
}

const callerGone = new Error("whoever called has gone");

function isOver(deadline: Deadline | undefined): boolean {
  try {
    deadline?.check();
    return false;
  } catch {
    return true;
  }
}

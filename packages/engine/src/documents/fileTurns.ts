import { type Deadline, orAborted } from "@akidb/base";

/** Where the file has to stay for a moment. */
interface Stop {
  readonly lsn: number;
  /** Resolves when the file may go on. */
  readonly passed: Promise<void>;
}

export interface HeldStop {
  readonly pass: () => void;
}

/** One change of a file at a time, and between two of them a turn for who needs the file as it is at one LSN. */
export class FileTurns {
  #changing: Promise<void> | undefined;
  readonly #waiting = new Set<() => void>();
  readonly #stops = new Set<Stop>();

  /** Resolves when no change is in progress. */
  async idle(): Promise<void> {
    while (this.#changing !== undefined) await this.#changing.catch(() => {});
  }

  /** Begins a change, unless one is in progress. @returns the one in progress */
  change(run: () => Promise<void>): Promise<void> {
    this.#changing ??= run().finally(() => {
      this.#changing = undefined;
      for (const take of this.#waiting) take();
      this.#waiting.clear();
    });
    return this.#changing;
  }

  /** Makes a change of which nobody else is told. */
  async changeAlone(run: () => Promise<void>): Promise<void> {
    await this.idle();
    let failure: { readonly error: unknown } | undefined;
    await this.change(() =>
      run().catch((error) => {
        failure = { error };
      }),
    );
    if (failure !== undefined) throw failure.error;
  }

  /** Between two changes, before the next one begins. @throws what the deadline throws */
  between<Taken>(take: () => Taken, deadline: Deadline): Promise<Taken> {
    deadline.check();
    if (this.#changing === undefined) return Promise.resolve(take());
    const { promise, resolve, reject } = Promise.withResolvers<Taken>();
    const turn = () => {
      try {
        resolve(take());
      } catch (error) {
        reject(error);
      }
    };
    this.#waiting.add(turn);
    return orAborted(promise, deadline).finally(() => this.#waiting.delete(turn));
  }

  /** The file stays at the LSN, as soon as it is there, until the stop is passed; to be asked for between changes. */
  stopAt(lsn: number): HeldStop {
    const { promise: passed, resolve } = Promise.withResolvers<void>();
    const stop = { lsn, passed };
    this.#stops.add(stop);
    const pass = () => {
      this.#stops.delete(stop);
      resolve();
    };
    return { pass };
  }

  /** Resolves when the file may leave an LSN, with the one up to which it may go. */
  async nextStop(fileLsn: number): Promise<number> {
    for (;;) {
      const here = Array.from(this.#stops).filter(({ lsn }) => lsn === fileLsn);
      if (here.length === 0) return Math.min(...Array.from(this.#stops, ({ lsn }) => lsn));
      await Promise.all(here.map(({ passed }) => passed));
    }
  }
}

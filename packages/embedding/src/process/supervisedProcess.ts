import { type AkiDbError, type Clock, unavailable } from "@akidb/base";
import { ComplaintLines } from "./complaintLines.ts";
import type { LaunchedProcess, LaunchProcess } from "./launchedProcess.ts";

/** What speaks with one run of a program; the next run has another one. */
export interface ProcessSession {
  /** What the program writes. Ends when that ends, and never rejects. */
  read(output: AsyncIterable<Uint8Array>): Promise<void>;
  /** Nothing more comes. Called once; whoever waits gets the reason. */
  end(reason: AkiDbError): void;
}

/** The process, as its session has it. */
export interface SupervisedRun {
  write(data: string | Uint8Array): void;
  /** It does what it is for: should it fail later, that is its first failure again. */
  prove(): void;
  /** Ends it while it has nothing to do; that is no failure, and the next use starts another run at once. */
  retire(): void;
  /** Kills it. @param reason as the end of a sentence: `has not answered within 50 ms` */
  giveUp(reason: string, options?: Surrender): void;
}

interface Surrender {
  /** Whether another run may do better; true if absent. */
  readonly isPassing?: boolean;
  /** For whoever runs the server; the last line of its standard error if absent. */
  readonly detail?: string;
}

export interface SupervisionOptions<Session extends ProcessSession> {
  /** As a sentence begins: `the embedding program`. */
  readonly name: string;
  readonly launch: LaunchProcess;
  readonly openSession: (run: SupervisedRun) => Session;
  readonly clock: Clock;
  /** Lines of its standard error; bounded. */
  readonly onLine?: (line: string) => void;
  /** How long it has to end by itself when it is closed; 2,000 if absent. */
  readonly graceMs?: number;
}

interface Run<Session> {
  readonly session: Session;
  readonly launched: LaunchedProcess;
  readonly lines: ComplaintLines;
  /** Gone, with all that it had to say. */
  readonly gone: Promise<void>;
}

const firstDelayMs = 500;
const delayMsMax = 30_000;
const lastMomentsMs = 1_000;

/**
 * One process at a time of a program that may crash, hang or be missing. It is started when it is first asked for, and
 * after a failure when it is asked for again, no sooner than half a second later, then a second, two, and so on up to half a
 * minute, until it has proved itself: no timer restarts what nobody uses.
 */
export class SupervisedProcess<Session extends ProcessSession> {
  readonly #options: SupervisionOptions<Session>;
  #run: Run<Session> | undefined;
  #isDying = false;
  readonly #retired = new Set<Promise<void>>();
  #isClosed = false;
  #failures = 0;
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  #lastFailure = "has not been started";
  #lastCause: Error | undefined;

  constructor(options: SupervisionOptions<Session>) {
    this.#options = options;
  }

  /**
   * Of the process that runs, which is started where none does.
   *
   * @throws AkiDbError `unavailable` where it is too soon after a failure, with `retryAfterMs`, or closed
   */
  session(): Session {
    const { name, clock } = this.#options;
    if (this.#isClosed) throw closing();
    if (this.#run !== undefined && !this.#isDying) return this.#run.session;
    const waitMs = Math.ceil(this.#notBeforeMs - clock.monotonicMs());
    if (this.#isDying || waitMs > 0) {
      throw unavailable(`${name} ${this.#lastFailure}; it will be started again`, {
        retryAfterMs: Math.max(firstDelayMs, waitMs),
        cause: this.#lastCause,
      });
    }
    return this.#start().session;
  }

  /** Ends its input and asks it to end, kills it where it does not, and waits until it is gone. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const run = this.#run;
    if (run !== undefined) {
      if (!this.#isDying) run.session.end(closing());
      this.#isDying = true;
      await this.#dismiss(run);
    }
    await Promise.all(this.#retired);
  }

  async #dismiss({ launched, gone }: Run<Session>): Promise<void> {
    const { graceMs = 2_000 } = this.#options;
    launched.endInput();
    launched.kill("SIGTERM");
    if (await endsWithin(gone, graceMs)) return;
    launched.kill("SIGKILL");
    await endsWithin(gone, graceMs);
  }

  #retire(run: Run<Session>): void {
    if (this.#run !== run || this.#isDying) return;
    this.#run = undefined;
    run.session.end(
      unavailable(`${this.#options.name} was idle and has ended`, { retryAfterMs: firstDelayMs }),
    );
    const gone = this.#dismiss(run).finally(() => this.#retired.delete(gone));
    this.#retired.add(gone);
  }

  #start(): Run<Session> {
    const { launch, openSession, clock, onLine = () => {} } = this.#options;
    const launched = launch();
    this.#isDying = false;
    const lines = new ComplaintLines(onLine, clock);
    const session = openSession({
      write: (data) => launched.write(data),
      prove: () => {
        this.#failures = 0;
      },
      retire: () => this.#retire(run),
      giveUp: (reason, options) => {
        if (this.#run !== run) return;
        launched.kill("SIGKILL");
        this.#fail(run, reason, options);
      },
    });
    const complaining = lines.readAll(launched.complaints);
    void session.read(launched.output).then(() => this.#outliving(run));
    const run: Run<Session> = {
      session,
      launched,
      lines,
      gone: this.#whenGone(launched, complaining, () => run),
    };
    this.#run = run;
    return run;
  }

  /** A program that has closed its output has ended, or it is of no use any more. */
  async #outliving(run: Run<Session>): Promise<void> {
    if (await endsWithin(run.gone, lastMomentsMs)) return;
    if (this.#run !== run) return;
    run.launched.kill("SIGKILL");
    this.#fail(run, "has closed its output");
  }

  async #whenGone(
    launched: LaunchedProcess,
    complaining: Promise<void>,
    run: () => Run<Session>,
  ): Promise<void> {
    const how = await launched.ended;
    await endsWithin(complaining, firstDelayMs);
    // What it has started may be there still.
    launched.kill("SIGKILL");
    if (this.#run !== run()) return;
    this.#fail(run(), how);
    this.#run = undefined;
    this.#isDying = false;
  }

  #fail(run: Run<Session>, reason: string, { isPassing = true, detail }: Surrender = {}): void {
    if (this.#isDying) return;
    this.#isDying = true;
    const delayMs = Math.min(delayMsMax, firstDelayMs * 2 ** this.#failures);
    this.#failures += 1;
    this.#notBeforeMs = this.#options.clock.monotonicMs() + delayMs;
    this.#lastFailure = reason;
    const { last } = run.lines;
    const said = last === undefined ? undefined : `its last line was: ${last}`;
    // It may name paths, which are none of a caller's business.
    this.#lastCause = new Error(detail ?? said ?? "it said nothing");
    const passing = isPassing ? { retryAfterMs: delayMs } : {};
    run.session.end(unavailable(`${this.#options.name} ${reason}`, { ...passing, cause: this.#lastCause }));
  }
}

async function endsWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, ms, false);
  });
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

const closing = (): AkiDbError => unavailable("the database is closing");

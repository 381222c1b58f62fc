import { type Clock, formatTimestamp, type JsonObject } from "@akidb/base";
import { type LogFile, openLogFile } from "../adapters/logFile.ts";

/**
 * `migration.log`: one JSON object a line, for each step of each run. It tells what was tried, too: a rollback takes nothing
 * out of it, but adds why it was.
 */
export class MigrationLog {
  readonly #file: LogFile;
  readonly #clock: Clock;
  readonly #run: string;

  private constructor(file: LogFile, clock: Clock, run: string) {
    this.#file = file;
    this.#clock = clock;
    this.#run = run;
  }

  /** @param run what tells the lines of this run from those of others */
  static async open(path: string, { clock, run }: { readonly clock: Clock; readonly run: string }) {
    return new MigrationLog(await openLogFile(path), clock, run);
  }

  async write(step: string, details: JsonObject = {}): Promise<void> {
    const line = { time: formatTimestamp(this.#clock.nowMs()), run: this.#run, step, ...details };
    await this.#file.append(JSON.stringify(line));
  }

  /** The same, durable when it resolves. */
  async writeDurably(step: string, details: JsonObject = {}): Promise<void> {
    await this.write(step, details);
    await this.#file.sync();
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

import type { TextReading } from "../../documents/textReading.ts";
import type { TextConnection } from "./textConnection.ts";
import { TextConnections } from "./textConnections.ts";

/** Reads the texts of files in the calling thread, in slices. */
export class TextReadings {
  readonly #connections = new TextConnections();
  /** By file. */
  readonly #open = new Map<string, Set<LocalTextReading>>();

  /** @throws DamagedFileError; AkiDbError `unavailable` */
  begin(path: string, name: string): TextReading {
    const connection = this.#connections.take(path, name);
    const readings = this.#open.get(path) ?? new Set();
    try {
      const reading = new LocalTextReading(connection, () => {
        readings.delete(reading);
        this.#connections.giveBack(path, connection);
      });
      this.#open.set(path, readings.add(reading));
      return reading;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  /** Resolves when nothing of the file is open any more. */
  async forget(path: string): Promise<void> {
    for (const reading of this.#open.get(path) ?? []) await reading.stop();
    this.#open.delete(path);
    this.#connections.forget(path);
  }
}

class LocalTextReading implements TextReading {
  readonly appliedLsn: number;
  readonly isComplete: boolean;
  readonly #connection: TextConnection;
  readonly #giveBack: () => void;
  readonly #stopping = new AbortController();
  #searching: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;

  constructor(connection: TextConnection, giveBack: () => void) {
    this.#connection = connection;
    this.#giveBack = giveBack;
    const { appliedLsn, isComplete } = connection.begin();
    this.appliedLsn = appliedLsn;
    this.isComplete = isComplete;
  }

  search: TextReading["search"] = (expression, deadline) => {
    const check = () => {
      deadline.check();
      this.#stopping.signal.throwIfAborted();
    };
    const searching = this.#connection.search(expression, check);
    this.#searching = searching.catch(() => {});
    return searching;
  };

  next: TextReading["next"] = async (count) => this.#connection.next(count);

  close(): void {
    void this.stop();
  }

  /** What still searches ends first: a connection does one thing at a time. */
  stop(): Promise<void> {
    this.#stopping.abort();
    this.#closing ??= this.#searching.then(this.#giveBack);
    return this.#closing;
  }
}

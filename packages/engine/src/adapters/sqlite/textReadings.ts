import type { TextLanguage } from "@akidb/base";
import type { TextReading } from "../../documents/textReading.ts";
import { ftsExpression } from "../../fullText/ftsExpression.ts";
import type { FullTextQuery } from "../../fullText/fullTextQuery.ts";
import { wordFormsOf } from "../../fullText/wordForms.ts";
import type { TextConnection } from "./textConnection.ts";
import { TextConnections } from "./textConnections.ts";

/** A file of documents, as who reads its texts knows it. */
export interface TextFile {
  readonly path: string;
  /** How the file is called in messages. */
  readonly name: string;
  readonly textLanguage: TextLanguage;
}

/** Reads the texts of files in the calling thread, in slices. */
export class TextReadings {
  readonly #connections = new TextConnections();
  /** By file. */
  readonly #open = new Map<string, Set<LocalTextReading>>();

  /** @throws DamagedFileError; AkiDbError `unavailable` */
  begin({ path, name, textLanguage }: TextFile): TextReading {
    const connection = this.#connections.take(path, name);
    const readings = this.#open.get(path) ?? new Set();
    try {
      const giveBack = () => {
        readings.delete(reading);
        this.#connections.giveBack(path, connection);
      };
      const reading = new LocalTextReading(connection, textLanguage, giveBack);
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
  readonly #language: TextLanguage;
  readonly #giveBack: () => void;
  readonly #stopping = new AbortController();
  #searching: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;

  constructor(connection: TextConnection, language: TextLanguage, giveBack: () => void) {
    this.#connection = connection;
    this.#language = language;
    this.#giveBack = giveBack;
    const { appliedLsn, isComplete } = connection.begin();
    this.appliedLsn = appliedLsn;
    this.isComplete = isComplete;
  }

  search: TextReading["search"] = (query, deadline) => {
    const check = () => {
      deadline.check();
      this.#stopping.signal.throwIfAborted();
    };
    const searching = this.#search(query, check);
    this.#searching = searching.catch(() => {});
    return searching;
  };

  next: TextReading["next"] = async (count) => this.#connection.next(count);

  close(): void {
    void this.stop();
  }

  async #search(query: FullTextQuery, check: () => void): Promise<number> {
    const forms = await wordFormsOf(this.#language);
    check();
    return await this.#connection.search(ftsExpression(query, forms), check);
  }

  /** What still searches ends first: a connection does one thing at a time. */
  stop(): Promise<void> {
    this.#stopping.abort();
    this.#closing ??= this.#searching.then(this.#giveBack);
    return this.#closing;
  }
}

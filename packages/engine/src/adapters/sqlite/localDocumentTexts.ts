import type { DocumentTexts, MarkedText } from "../../documents/documentTexts.ts";
import type { TextReading } from "../../documents/textReading.ts";
import type { FullTextPhrase } from "../../fullText/fullTextQuery.ts";
import type { TextIndex } from "./textIndex.ts";
import { TextMarker } from "./textMarker.ts";
import { type TextFile, TextReadings } from "./textReadings.ts";

export interface LocalDocumentTextsOptions {
  readonly file: TextFile;
  readonly index: TextIndex;
  /** Runs what changes the index in a transaction that leaves the documents as they are. */
  readonly transact: (run: (nextKey: number) => void) => Promise<void>;
}

/** The full text of a file, searched and written in the calling thread. */
export class LocalDocumentTexts implements DocumentTexts {
  readonly #options: LocalDocumentTextsOptions;
  #readings: TextReadings | undefined;
  #marker: TextMarker | undefined;

  constructor(options: LocalDocumentTextsOptions) {
    this.#options = options;
  }

  get isComplete(): boolean {
    return this.#options.index.isComplete;
  }

  indexSome(): Promise<void> {
    return this.#options.transact(() => this.#options.index.indexSome());
  }

  beginAnew(): Promise<void> {
    return this.#options.transact((nextKey) => this.#options.index.beginAnew(nextKey));
  }

  async read(): Promise<TextReading> {
    this.#readings ??= new TextReadings();
    return this.#readings.begin(this.#options.file);
  }

  async mark(texts: readonly string[], phrases: readonly FullTextPhrase[]): Promise<readonly MarkedText[]> {
    this.#marker ??= new TextMarker();
    return await this.#marker.mark(texts, phrases, this.#options.file.textLanguage);
  }

  async close(): Promise<void> {
    await this.#readings?.forget(this.#options.file.path);
    this.#marker?.close();
  }
}

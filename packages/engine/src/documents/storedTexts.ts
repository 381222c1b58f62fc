import { assert, type Deadline, orAborted, unavailable } from "@akidb/base";
import type { FullTextPhrase } from "../fullText/fullTextQuery.ts";
import type { DocumentFile } from "./documentFile.ts";
import type { MarkedText } from "./documentTexts.ts";
import type { FileTurns } from "./fileTurns.ts";
import type { TextReading } from "./textReading.ts";

/** Until a full text that is made anew may be complete, and after a disk that refused. */
const retryDelayMs = 1_000;

export interface StoredTextsOptions {
  readonly file: DocumentFile;
  readonly turns: FileTurns;
  /** Of the newest mutation that was applied. */
  readonly appliedLsn: () => number;
  /** Brings the file to an LSN that was applied. */
  readonly flushTo: (lsn: number) => Promise<void>;
}

/** The texts of one moment. */
export interface OpenedTexts<Moment> extends Disposable {
  readonly moment: Moment;
  readonly reading: TextReading;
}

/** The full text of a collection's documents, as of the moments of those who search it. */
export class StoredTexts {
  readonly #options: StoredTextsOptions;
  #indexing: Promise<void> | undefined;
  #isClosing = false;

  constructor(options: StoredTextsOptions) {
    this.#options = options;
  }

  /**
   * The texts as of one moment: between two changes of the file it is taken, the file is brought to there, and stays
   * until the texts are open. What was applied before the call is in them.
   *
   * @param take called in the turn of the event loop whose moment it is; what it gives is disposed of with the texts
   * @throws what the deadline throws; DamagedFileError; AkiDbError `unavailable`, also where a full text that is made anew
   *   is not complete in time
   */
  async open<Moment extends Disposable>(
    take: () => Moment,
    deadline: Deadline,
  ): Promise<OpenedTexts<Moment>> {
    for (;;) {
      await this.#complete(deadline);
      const opened = await this.#open(take, deadline);
      if (opened.reading.isComplete) return opened;
      opened[Symbol.dispose]();
    }
  }

  mark(texts: readonly string[], phrases: readonly FullTextPhrase[]): Promise<readonly MarkedText[]> {
    return this.#options.file.texts.mark(texts, phrases);
  }

  /** Takes up what the full text lacks, behind the writes: after an older version, or damage. */
  catchUp(): void {
    this.#indexing ??= this.#index().finally(() => {
      this.#indexing = undefined;
    });
    // Who searches finds it incomplete, and tries again.
    this.#indexing.catch(() => {});
  }

  /** It was found damaged. */
  async beginAnew(): Promise<void> {
    const { file, turns } = this.#options;
    await turns.changeAlone(() => file.texts.beginAnew());
    this.catchUp();
  }

  /** Resolves when nothing is taken up any more. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#indexing?.catch(() => {});
  }

  async #open<Moment extends Disposable>(
    take: () => Moment,
    deadline: Deadline,
  ): Promise<OpenedTexts<Moment>> {
    const { file, turns, appliedLsn, flushTo } = this.#options;
    const { moment, lsn, stop } = await turns.between(
      () => ({ moment: take(), lsn: appliedLsn(), stop: turns.stopAt(appliedLsn()) }),
      deadline,
    );
    try {
      await orAborted(flushTo(lsn), deadline);
      const opening = file.texts.read();
      const reading = await orAborted(opening, deadline).catch((error) => {
        opening.then(
          (late) => late.close(),
          () => {},
        );
        throw error;
      });
      assert(reading.appliedLsn === lsn, "the file stays where it is while its texts are opened");
      const dispose = () => {
        reading.close();
        moment[Symbol.dispose]();
      };
      return { moment, reading, [Symbol.dispose]: dispose };
    } catch (error) {
      moment[Symbol.dispose]();
      throw error;
    } finally {
      stop.pass();
    }
  }

  async #complete(deadline: Deadline): Promise<void> {
    while (!this.#options.file.texts.isComplete) {
      this.catchUp();
      try {
        await orAborted(this.#indexing!, deadline);
      } catch (cause) {
        const message = "the full text of the collection is being made anew";
        throw unavailable(message, { retryAfterMs: retryDelayMs, cause });
      }
      if (this.#isClosing) throw unavailable("the collection is closing");
    }
  }

  async #index(): Promise<void> {
    const { file, turns } = this.#options;
    while (!file.texts.isComplete && !this.#isClosing) {
      await turns.changeAlone(() => file.texts.indexSome());
    }
  }
}

import type { FullTextPhrase } from "../fullText/fullTextQuery.ts";
import type { TextReading } from "./textReading.ts";

/** A text in pieces, one after the other; those at odd positions are what was sought. */
export type MarkedText = readonly string[];

/** The full text of a file of documents: made from it, of the same LSN, and made anew where it is damaged. */
export interface DocumentTexts {
  /** Whether it has all texts. */
  readonly isComplete: boolean;

  /** Takes up the next of those that it lacks, in a transaction; not during a write. @throws as a write does */
  indexSome(): Promise<void>;

  /** Forgets all and lacks everything, because it is damaged; not during a write. @throws as a write does */
  beginAnew(): Promise<void>;

  /** The texts as they are now. @throws DamagedFileError; AkiDbError `unavailable` */
  read(): Promise<TextReading>;

  mark(texts: readonly string[], phrases: readonly FullTextPhrase[]): Promise<readonly MarkedText[]>;
}

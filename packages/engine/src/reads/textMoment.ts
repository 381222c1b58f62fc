import type { DocumentId } from "@akidb/base";
import type { AppliedState } from "../collection/appliedState.ts";
import type { TrackedRows } from "../rows/trackedRows.ts";
import { ReadMoment } from "./readMoment.ts";

/** A moment that knows the rows of its documents, too: a full text names documents. */
export class TextMoment implements Disposable {
  readonly read: ReadMoment;
  readonly #rows: TrackedRows & Disposable;

  private constructor(state: AppliedState) {
    this.read = ReadMoment.now(state);
    this.#rows = state.trackRows();
  }

  /** Now, in this turn of the event loop. */
  static now(state: AppliedState): TextMoment {
    return new TextMoment(state);
  }

  rowOf(id: DocumentId): number | undefined {
    return this.#rows.rowOf(id);
  }

  [Symbol.dispose](): void {
    this.#rows[Symbol.dispose]();
    this.read[Symbol.dispose]();
  }
}

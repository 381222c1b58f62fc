import type { Document } from "@akidb/base";
import type { ResolvedDocument } from "../collection/mutation.ts";

/** Of a document's other fields, with their names. */
const fixedBytes = 250;

/** Of one component as JSON. */
const componentBytes = 12;

/** What documents will about take on their way to who asked for them, so that an answer stays within its bound. */
export class AnswerSize {
  #bytes = 0;

  /** @returns of all so far */
  add({ metadata }: ResolvedDocument, described: Document): number {
    const { text, vector } = described;
    this.#bytes += fixedBytes + (text?.length ?? 0) + componentBytes * (vector?.length ?? 0);
    if (described.metadata !== undefined) this.#bytes += metadata!.length;
    return this.#bytes;
  }
}

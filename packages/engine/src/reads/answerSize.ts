import { type AkiDbError, type Document, invalidArgument, limits } from "@akidb/base";
import type { ResolvedDocument } from "../collection/mutation.ts";

/** Of a document's other fields, with their names. */
const fixedBytes = 250;

/** Of one component as JSON. */
const componentBytes = 12;

/** What documents will about take on their way to who asked for them, so that an answer stays within its bound. */
export class AnswerSize {
  #bytes = 0;

  /** @returns of all so far */
  add({ metadata }: ResolvedDocument, described: Pick<Document, "text" | "vector" | "metadata">): number {
    const { text, vector } = described;
    this.#bytes += fixedBytes + (text?.length ?? 0) + componentBytes * (vector?.length ?? 0);
    if (described.metadata !== undefined) this.#bytes += metadata!.length;
    return this.#bytes;
  }

  /** @throws AkiDbError `invalid_argument` where a query has found more than one answer holds */
  addMatch(...match: Parameters<AnswerSize["add"]>): void {
    if (this.add(...match) > limits.answerBytesMax) throw tooManyMatches();
  }
}

const tooManyMatches = (): AkiDbError =>
  invalidArgument(
    "top_k",
    `finds more than one answer holds, ${limits.answerBytesMax} bytes; ask for fewer, or include less`,
  );

import { type Deadline, type Document, type Include, invalidArgument, limits } from "@akidb/base";
import type { AppliedState } from "../collection/appliedState.ts";
import type { Filter } from "../filter/filter.ts";
import { AnswerSize } from "./answerSize.ts";
import { describeWhole } from "./describeDocument.ts";
import { findDocument } from "./findDocument.ts";
import { Turns } from "./turns.ts";

export interface FetchRequest {
  /** Ids or external ids. */
  readonly keys: readonly string[];
  /** What does not pass it is not there. */
  readonly within?: Filter | undefined;
  readonly include: readonly Include[];
}

export interface FetchedDocuments {
  /** In the order of their keys. */
  readonly documents: readonly Document[];
  /** Keys of which there is no document. */
  readonly missing: readonly string[];
}

const documentsPerSlice = 100;

/**
 * Documents by their keys, each as it is when it is read.
 *
 * @param state the one that is served at the moment of a call
 * @throws what the deadline throws; AkiDbError `invalid_argument` where they are too large for one answer, or where a
 * document cannot be read
 */
export async function fetchDocuments(
  state: () => AppliedState,
  { keys, include, within }: FetchRequest,
  deadline: Deadline,
): Promise<FetchedDocuments> {
  const documents: Document[] = [];
  const missing: string[] = [];
  const size = new AnswerSize();
  const turns = new Turns(documentsPerSlice, deadline);
  for (const key of keys) {
    const { index, rows } = state();
    const document = findDocument(state(), key, within);
    if (document === undefined) missing.push(key);
    else {
      const vector = () => index.vectorOf(rows.rowOf(document.id)!);
      const described = describeWhole({ document, vector }, include);
      if (size.add(document, described) > limits.answerBytesMax) {
        throw invalidArgument(
          "ids",
          `name more than one answer holds, ${limits.answerBytesMax} bytes; ask for fewer`,
        );
      }
      documents.push(described);
    }
    if (turns.isDue()) await turns.next();
  }
  return { documents, missing };
}

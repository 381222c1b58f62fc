import {
  type AkiDbError,
  type Deadline,
  type DocumentInput,
  type FieldViolation,
  invalidArgument,
  invalidArguments,
  limits,
} from "@akidb/base";
import { checkChunking } from "./checkChunking.ts";
import { type SplitRules, splitText } from "./splitText.ts";

/** A document whose text is to be written in chunks, cut and not yet embedded. */
export class CutDocument {
  /** All but its text. */
  readonly document: DocumentInput;
  readonly chunks: readonly CutText[];

  constructor(document: DocumentInput, chunks: readonly CutText[]) {
    this.document = document;
    this.chunks = chunks;
  }
}

interface CutText {
  readonly text: string;
  /** Where it begins in the document's text. */
  readonly start: number;
}

/** Cut between two turns of the event loop: a millisecond or two. */
const charactersPerSlice = 16_384;

/**
 * What has nothing to find (a rule of dashes, blank lines) makes no chunk.
 *
 * @returns an error that names every bad field, as paths of the document
 * @throws what the deadline throws
 */
export async function cutDocument(
  { chunking, text, vector, ...document }: DocumentInput,
  deadline: Deadline,
): Promise<CutDocument | AkiDbError> {
  const violations: FieldViolation[] = [];
  const rules = checkChunking(chunking, violations);
  if (vector !== undefined) {
    violations.push({ path: "vector", detail: "cannot be given with chunking: each chunk has its own" });
  }
  if (typeof text !== "string") violations.push({ path: "text", detail: "must be a string, to be cut" });
  if (rules === undefined || violations.length > 0) return invalidArguments(violations);
  const chunks = await cutText(text as string, rules, deadline);
  if (chunks === undefined) {
    const detail = `makes more than ${limits.chunksMax} chunks of this text; choose larger ones, or send it in parts`;
    return invalidArgument("chunking.size", detail);
  }
  if (chunks.length === 0) return invalidArgument("text", "must have a letter, a digit or a pictograph");
  return new CutDocument(document, chunks);
}

/** @returns undefined where there would be too many */
async function cutText(
  text: string,
  rules: SplitRules,
  deadline: Deadline,
): Promise<readonly CutText[] | undefined> {
  const chunks: CutText[] = [];
  let nextTurn = charactersPerSlice;
  for (const { start, end } of splitText(text, rules)) {
    if (end > nextTurn) {
      await new Promise((resolve) => setImmediate(resolve));
      deadline.check();
      nextTurn = end + charactersPerSlice;
    }
    const part = text.slice(start, end);
    if (!/[\p{L}\p{N}\p{Extended_Pictographic}]/u.test(part)) continue;
    if (chunks.length === limits.chunksMax) return undefined;
    chunks.push({ text: part, start });
  }
  return chunks;
}

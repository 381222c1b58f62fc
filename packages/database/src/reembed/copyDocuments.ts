import { type DocumentId, failedPrecondition, isAkiDbError, noDeadline } from "@akidb/base";
import { refusedTexts } from "@akidb/embedding";
import type { CollectionMirror, ResolvedDocument } from "@akidb/engine";
import { hasText, withoutText } from "./documentsWithoutText.ts";

export interface DocumentCopy {
  /** How the collection is called in messages. */
  readonly name: string;
  readonly source: CollectionMirror;
  /** Nobody else writes it. */
  readonly target: CollectionMirror;
  /** Of the target. */
  readonly dimension: number;
  /** As an embedding model's `embed`. */
  readonly embed: (texts: readonly string[]) => Promise<Float32Array>;
}

/** Embedded and written together: what a model takes in a call or two. */
export const documentsPerCopy = 64;

/**
 * Makes documents of the target what they are in the source at the call or later: each whole, with its times and its version,
 * and the vector of its text. What the target has already is not embedded again.
 *
 * @throws AkiDbError `failed_precondition` for one that has no vector, and as the model and the target do; nothing of the
 * call is written then
 * @returns how many were written
 */
export async function copyDocuments(copy: DocumentCopy, ids: readonly DocumentId[]): Promise<number> {
  const { source, target, dimension } = copy;
  const wanted = source.documents(ids);
  const present = target.documents(ids);
  const removed = ids.filter((_, at) => wanted[at] === undefined && present[at] !== undefined);
  const documents: ResolvedDocument[] = [];
  const rows: (Float32Array | undefined)[] = [];
  for (const [at, document] of wanted.entries()) {
    const before = present[at];
    if (document === undefined || (before !== undefined && isSame(document, before))) continue;
    documents.push(document);
    rows.push(before?.text === document.text ? target.vectorOf(document.id) : undefined);
  }
  if (documents.length === 0 && removed.length === 0) return 0;
  const vectors = new Float32Array(documents.length * dimension);
  const unembedded = documents.filter((_, at) => rows[at] === undefined);
  const embedded = unembedded.length === 0 ? undefined : await embedTexts(copy, unembedded);
  let next = 0;
  for (const at of documents.keys()) {
    const row = rows[at] ?? embedded!.subarray(next * dimension, ++next * dimension);
    vectors.set(row, at * dimension);
  }
  await target.write({ documents, vectors, removed });
  return documents.length;
}

async function embedTexts(
  { name, embed }: DocumentCopy,
  documents: readonly ResolvedDocument[],
): Promise<Float32Array> {
  const textless = documents.filter(({ text }) => !hasText(text)).map(({ id }) => id);
  if (textless.length > 0) throw withoutText(name, textless.length, textless.slice(0, 3));
  try {
    return await embed(documents.map(({ text }) => text!));
  } catch (error) {
    const refused = isAkiDbError(error) ? refusedTexts(error) : undefined;
    const [first] = refused ?? [];
    if (first === undefined) throw error;
    const [index, detail] = first;
    throw failedPrecondition(
      `the model takes no text of document ${documents[index]!.id} of collection "${name}" (${detail}): ` +
        "write another text, or delete it",
    );
  }
}

const isSame = (a: ResolvedDocument, b: ResolvedDocument): boolean =>
  a.version === b.version &&
  a.updatedAtMs === b.updatedAtMs &&
  a.insertedAtMs === b.insertedAtMs &&
  a.expiresAtMs === b.expiresAtMs &&
  a.externalId === b.externalId &&
  a.text === b.text &&
  a.metadata === b.metadata;

/** A part of all ids of two collections, in their order. */
export interface IdPage {
  readonly ids: readonly DocumentId[];
  /** Undefined where there are no others. */
  readonly after: DocumentId | undefined;
}

/** The next ids of both, so that what the target has beside the source shows. */
export async function nextIds(
  { source, target }: Pick<DocumentCopy, "source" | "target">,
  after: DocumentId | undefined,
  signal: AbortSignal,
): Promise<IdPage> {
  const deadline = noDeadline(signal);
  const ofSource = await source.idsAfter(after, documentsPerCopy, deadline);
  const ofTarget = await target.idsAfter(after, documentsPerCopy, deadline);
  const ends = [ofSource, ofTarget].flatMap((ids) => (ids.length < documentsPerCopy ? [] : ids.at(-1)!));
  const end = ends.sort()[0];
  const all = [...new Set([...ofSource, ...ofTarget])].sort();
  return { ids: end === undefined ? all : all.filter((id) => id <= end), after: end };
}

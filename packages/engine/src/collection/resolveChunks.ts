import { AkiDbError, alreadyExists, type DocumentId, invalidArgument, limits } from "@akidb/base";
import { type CheckedChunks, chunkCountOf, chunkExternalId } from "./chunkedDocument.ts";
import type { ResolvedDocument } from "./mutation.ts";
import { replacementBytes } from "./mutationRecord.ts";
import { PendingDocuments } from "./pendingDocuments.ts";
import { isWithin, type ResolutionContext, resolveDocument } from "./resolveDocument.ts";
import { outOfBounds } from "./writeItem.ts";

export interface ResolvedChunks {
  readonly chunks: readonly [ResolvedDocument, ...ResolvedDocument[]];
  /** What is left of what the document was before: chunks beyond the new ones, or a document that was whole. */
  readonly replaced: readonly DocumentId[];
}

/**
 * Decides a document in chunks: each takes the place of the chunk that has its name, and the others of that name go. Enters
 * nothing.
 *
 * @param recordBytes of the batch without what this one replaces
 */
export function resolveChunks(
  { parent, documents }: CheckedChunks,
  context: ResolutionContext,
  recordBytes: number,
): ResolvedChunks | AkiDbError {
  const layer = new PendingDocuments(context.pending);
  const chunks: ResolvedDocument[] = [];
  for (const [index, input] of documents.entries()) {
    const stranger = strangerAt(parent, index, context);
    if (stranger !== undefined) return stranger;
    const resolved = resolveDocument(input, layer, context);
    if (resolved instanceof AkiDbError) return resolved;
    layer.put(resolved);
    chunks.push(resolved);
  }
  const replaced = leftOver({ parent, documents }, context, chunks);
  if (replaced instanceof AkiDbError) return replaced;
  if (recordBytes + replacementBytes(replaced.length) > limits.walRecordBytesMax) {
    return invalidArgument("", "its batch is too large with what it replaces, so send several");
  }
  const [first, ...others] = chunks;
  return { chunks: [first!, ...others], replaced };
}

/** A document that has a chunk's name and is none of the parent's is not replaced: nobody has asked for that. */
function strangerAt(parent: string, index: number, { pending }: ResolutionContext): AkiDbError | undefined {
  const name = chunkExternalId(parent, index);
  const id = pending.idOfExternalId(name);
  const found = id === undefined ? undefined : pending.find(id);
  if (found === undefined || chunkCountOf(found, parent) !== undefined) return undefined;
  const { code, message } = alreadyExists(
    `a document with external_id ${JSON.stringify(name)} that is no chunk`,
  );
  const violations = [{ path: "external_id", detail: "names chunks that another document is called like" }];
  return new AkiDbError(code, message, { violations });
}

function leftOver(
  { parent, documents }: CheckedChunks,
  { pending, within }: ResolutionContext,
  chunks: readonly ResolvedDocument[],
): readonly DocumentId[] | AkiDbError {
  const written = new Set(chunks.map(({ id }) => id));
  const left: DocumentId[] = [];
  const whole = pending.idOfExternalId(parent);
  if (whole !== undefined && !written.has(whole)) left.push(whole);
  // One more than there are, until a chunk of before tells how many there were.
  let until = documents.length + 1;
  for (let index = 0; index < until; index++) {
    const id = pending.idOfExternalId(chunkExternalId(parent, index));
    const found = id === undefined ? undefined : pending.find(id);
    const count = found === undefined ? undefined : chunkCountOf(found, parent);
    if (id === undefined || count === undefined) continue;
    // Whatever stands in its metadata: there are no more than can be written.
    until = Math.min(limits.chunksMax, Math.max(until, count, index + 2));
    if (!written.has(id)) left.push(id);
  }
  const mayGo = within === undefined || left.every((id) => isWithin(id, pending, within));
  return mayGo ? left : outOfBounds();
}

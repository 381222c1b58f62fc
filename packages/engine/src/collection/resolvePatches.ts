import {
  AkiDbError,
  type FieldViolation,
  invalidArgument,
  invalidArguments,
  limits,
  mergePatch,
  notFound,
  type UpsertItem,
} from "@akidb/base";
import type { Filter } from "../filter/filter.ts";
import type { DeclaredField } from "../payload/declaredField.ts";
import { findDocument } from "../reads/findDocument.ts";
import { passesFilter } from "../reads/passesFilter.ts";
import { checkDeclaredFields } from "./checkDeclaredFields.ts";
import type { CheckedPatch } from "./checkedPatch.ts";
import type { DocumentLookup } from "./documentLookup.ts";
import { expiresAtMs } from "./expiry.ts";
import { decodeMetadata, encodeWithin } from "./metadata.ts";
import type { PatchMutation, ResolvedDocument } from "./mutation.ts";
import type { PendingDocuments } from "./pendingDocuments.ts";
import { versionMismatch } from "./versionCheck.ts";
import { atPosition, failedItem, outOfBounds } from "./writeItem.ts";

export interface PatchBatch {
  readonly patches: readonly (CheckedPatch | AkiDbError)[];
  readonly atomic: boolean;
}

export interface PatchContext {
  readonly pending: PendingDocuments;
  readonly nowMs: number;
  readonly metadataBytesMax: number;
  readonly declaredFields: readonly DeclaredField[];
  /** What does not pass it is not there, and nothing may become so. */
  readonly within: Filter | undefined;
}

export interface ResolvedPatches {
  /** Undefined where none of the batch can be applied. */
  readonly mutation: PatchMutation | undefined;
  readonly items: readonly UpsertItem[];
}

/**
 * Decides every patch of a batch, each on what those before it leave. What is decided is entered in `pending`.
 *
 * @throws AkiDbError where the batch is atomic and a patch is refused, or a document cannot be read. `pending` is to be
 * dropped then.
 */
export function resolvePatches({ patches, atomic }: PatchBatch, context: PatchContext): ResolvedPatches {
  const { pending } = context;
  const items: UpsertItem[] = [];
  const documents: ResolvedDocument[] = [];
  const metadataBefore: (string | undefined)[] = [];
  let bytes = 0;
  for (const [index, patch] of patches.entries()) {
    const resolved = patch instanceof AkiDbError ? patch : resolvePatch(patch, context, bytes);
    if (resolved instanceof AkiDbError) {
      if (atomic) throw atPosition(resolved, index);
      items.push(failedItem(resolved));
      continue;
    }
    const { before, after } = resolved;
    pending.put(after);
    items.push({ ok: true, id: after.id, version: after.version });
    documents.push(after);
    metadataBefore.push(before.metadata);
    bytes += loggedBytes(before, after);
  }
  if (documents.length === 0) return { mutation: undefined, items };
  return { mutation: { kind: "patch", documents, metadataBefore }, items };
}

interface ResolvedPatch {
  readonly before: ResolvedDocument;
  readonly after: ResolvedDocument;
}

function resolvePatch(
  { key, metadata: change, expiry, ifVersion }: CheckedPatch,
  context: PatchContext,
  bytesBefore: number,
): ResolvedPatch | AkiDbError {
  const { pending, nowMs, within } = context;
  const before = findDocument(pending, key, within);
  if (before === undefined) return notFound(`document ${JSON.stringify(key)}`);
  const mismatch = versionMismatch(ifVersion, before);
  if (mismatch !== undefined) return mismatch;
  const metadata = change === undefined ? before.metadata : patched(before.metadata, change, context);
  if (metadata instanceof AkiDbError) return metadata;
  const after: ResolvedDocument = {
    ...before,
    metadata,
    expiresAtMs: expiry === undefined ? before.expiresAtMs : expiresAtMs(expiry, nowMs),
    updatedAtMs: nowMs,
    version: before.version + 1,
  };
  if (within !== undefined && !passesFilter(after, within)) return outOfBounds();
  if (bytesBefore > 0 && bytesBefore + loggedBytes(before, after) > limits.patchBytesMax) {
    const detail = `the documents of one batch take at most ${limits.patchBytesMax} bytes, so send several`;
    return invalidArgument("", detail);
  }
  return { before, after };
}

/** Depth stays within bounds: both have theirs, and a merge adds none. */
function patched(
  before: string | undefined,
  change: NonNullable<CheckedPatch["metadata"]> | null,
  { metadataBytesMax, declaredFields }: PatchContext,
): string | undefined | AkiDbError {
  if (change === null) return undefined;
  const merged = mergePatch(before === undefined ? undefined : decodeMetadata(before), change);
  const violations: FieldViolation[] = [];
  checkDeclaredFields(merged, declaredFields, violations);
  return violations.length > 0 ? invalidArguments(violations) : encodeWithin(merged, metadataBytesMax);
}

/** In characters, for the most part: what a patch of the document takes in the log. */
const loggedBytes = (before: ResolvedDocument, after: ResolvedDocument): number =>
  64 + (after.text?.length ?? 0) + (before.metadata?.length ?? 0) + (after.metadata?.length ?? 0);

/** Roughly what a batch will write, as documents are now. */
export function patchBytes(
  patches: readonly (CheckedPatch | AkiDbError)[],
  documents: DocumentLookup,
): number {
  let bytes = 0;
  for (const patch of patches) {
    if (patch instanceof AkiDbError || bytes > limits.patchBytesMax) continue;
    const document = tryToFind(documents, patch.key);
    if (document !== undefined) bytes += loggedBytes(document, document);
  }
  return bytes;
}

/** Who decides the patch is told what is wrong with its document. */
function tryToFind(documents: DocumentLookup, key: string): ResolvedDocument | undefined {
  try {
    return findDocument(documents, key);
  } catch {
    return undefined;
  }
}

import { AkiDbError, alreadyExists, type DocumentId, type IdGenerator, quotaExceeded } from "@akidb/base";
import type { Filter } from "../filter/filter.ts";
import { passesFilter } from "../reads/passesFilter.ts";
import type { CheckedDocument } from "./checkedDocument.ts";
import type { DocumentLookup } from "./documentLookup.ts";
import { expiresAtMs } from "./expiry.ts";
import type { ResolvedDocument } from "./mutation.ts";
import type { PendingDocuments } from "./pendingDocuments.ts";
import { versionMismatch } from "./versionCheck.ts";
import { outOfBounds } from "./writeItem.ts";

export interface ResolutionContext {
  readonly pending: PendingDocuments;
  readonly ids: IdGenerator;
  readonly nowMs: number;
  readonly maxDocumentCount: number;
  /** What does not pass it can neither be written nor replaced. */
  readonly within: Filter | undefined;
}

/** Decides one document, and enters nothing. */
export function resolveDocument(
  input: CheckedDocument,
  pending: DocumentLookup,
  { ids, nowMs, maxDocumentCount, within }: ResolutionContext,
): ResolvedDocument | AkiDbError {
  const holder = input.externalId === undefined ? undefined : pending.idOfExternalId(input.externalId);
  const id = input.id ?? holder ?? ids.next<"document">();
  if (within !== undefined && ![id, holder].every((each) => isWithin(each, pending, within))) {
    return outOfBounds();
  }
  if (holder !== undefined && holder !== id) {
    const taken = alreadyExists(`another document with external_id ${JSON.stringify(input.externalId)}`);
    const detail = "is taken by another document";
    return new AkiDbError(taken.code, taken.message, { violations: [{ path: "external_id", detail }] });
  }
  const existing = pending.find(id);
  const mismatch = versionMismatch(input.ifVersion, existing);
  if (mismatch !== undefined) return mismatch;
  if (existing === undefined && pending.count >= maxDocumentCount) {
    return quotaExceeded(`the collection holds its most documents, ${maxDocumentCount}`);
  }
  const resolved: ResolvedDocument = {
    id,
    externalId: input.externalId,
    text: input.text,
    metadata: input.metadata,
    insertedAtMs: existing?.insertedAtMs ?? nowMs,
    updatedAtMs: nowMs,
    version: (existing?.version ?? 0) + 1,
    expiresAtMs: expiresAtMs(input.expiry, nowMs),
  };
  return within === undefined || passesFilter(resolved, within) ? resolved : outOfBounds();
}

/** Whether who is bound by the filter may replace what has this id; true where nothing has. */
export function isWithin(id: DocumentId | undefined, pending: DocumentLookup, within: Filter): boolean {
  const existing = id === undefined ? undefined : pending.find(id);
  return existing === undefined || passesFilter(existing, within);
}

import type { DocumentId } from "@akidb/base";
import type { Filter } from "../filter/filter.ts";
import { findDocument } from "../reads/findDocument.ts";
import type { DeleteMutation } from "./mutation.ts";
import type { PendingDocuments } from "./pendingDocuments.ts";
import { versionMismatch } from "./versionCheck.ts";

export interface DeleteRequest {
  /** Ids or external ids. */
  readonly keys: readonly string[];
  readonly ifVersion: number | undefined;
  /** What does not pass it is not there. */
  readonly within: Filter | undefined;
}

export interface ResolvedDelete {
  /** Undefined where there is nothing to delete. */
  readonly mutation: DeleteMutation | undefined;
  /** For each key whether there was such a document. */
  readonly found: readonly boolean[];
}

/** @throws AkiDbError `failed_precondition` where a document has another version; `pending` is to be dropped then */
export function resolveDelete(
  { keys, ifVersion, within }: DeleteRequest,
  pending: PendingDocuments,
  nowMs: number,
): ResolvedDelete {
  const ids: DocumentId[] = [];
  const found = keys.map((key) => {
    const document = findDocument(pending, key, within);
    if (document === undefined) return false;
    const mismatch = versionMismatch(ifVersion, document);
    if (mismatch !== undefined) throw mismatch;
    pending.remove(document.id);
    ids.push(document.id);
    return true;
  });
  return { mutation: ids.length === 0 ? undefined : { kind: "delete", ids, deletedAtMs: nowMs }, found };
}

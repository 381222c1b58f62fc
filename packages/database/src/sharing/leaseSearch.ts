import type { CollectionId } from "@akidb/base";
import type { CollectionShare } from "@akidb/engine";
import { namedCollection } from "../access/resources.ts";
import type { OperationContext } from "../operation.ts";

/** What lets another thread answer plain searches of a collection, for the caller who asked for it. */
export interface SearchLease {
  readonly collectionId: CollectionId;
  readonly share: CollectionShare;
  /** Of the control plane, for as long as it stays the same: see `AccessControl.generation`. */
  readonly generation: number;
  readonly topKMax: number;
  /** As {@link OperationContext.slowQueryMs}. */
  readonly slowQueryMs: number;
}

/**
 * Undefined where a search has to be decided about or written down each time, where documents are hidden from the caller, and
 * where nobody but the thread that writes the collection can search it.
 *
 * Rejects with `not_found`, also for what the caller may not know of.
 */
export async function leaseSearch(
  context: OperationContext,
  reference: { readonly collection: string },
): Promise<SearchLease | undefined> {
  const { access, call, principal, within, collections, databaseId, limits, slowQueryMs } = context;
  // Before anything is decided: what changes meanwhile makes it a lease of the past.
  const generation = access.generation.now;
  if (within !== undefined) return undefined;
  const requirement = { action: "document::search", resource: namedCollection(context, reference) } as const;
  const decided = { action: requirement.action, result: "allowed", isAskedOften: false } as const;
  if (access.audit.isKept(decided)) return undefined;
  if (!(await access.permitsAlways(call, principal, requirement))) return undefined;
  const record = collections.find(databaseId, reference.collection);
  using live = collections.borrow(record);
  const share = live?.collection.share();
  if (share === undefined) return undefined;
  return { collectionId: record.id, share, generation, topKMax: limits.topKMax, slowQueryMs };
}

import type { Clock, Deadline, DocumentId } from "@akidb/base";
import { documentHeapBytes } from "../documents/documentHeapBytes.ts";
import type { Filter } from "../filter/filter.ts";
import { rowsIn } from "../payload/rowBitset.ts";
import { findDocument } from "../reads/findDocument.ts";
import { passesFilter } from "../reads/passesFilter.ts";
import { ReadMoment } from "../reads/readMoment.ts";
import { Turns } from "../reads/turns.ts";
import type { AppliedState } from "./appliedState.ts";
import type { Mutation, ResolvedDocument } from "./mutation.ts";
import type { PendingDocuments } from "./pendingDocuments.ts";

/** What a collection's writer does for it. */
export interface BulkDeleteParts {
  /** The one that is served at the moment of a call. */
  readonly state: () => AppliedState;
  readonly write: (
    bytes: number,
    decide: (pending: PendingDocuments) => Mutation | undefined,
  ) => Promise<void>;
  readonly clock: Clock;
}

/** Of one record in the log, all of it or nothing; deciding so many that have been read takes a millisecond or two. */
const batchDocumentsMax = 500;

/** Documents that are held in memory, and in the cache, until they are decided. */
const batchBytesMax = 2 * 1024 * 1024;

const documentsPerSlice = 100;

/** In the log, roughly. */
const bytesPerDelete = 64;

/**
 * Deletes the documents that pass a filter at one moment of the call, batch by batch. What was written since is deleted
 * only if it passes, too.
 *
 * @returns how many were deleted
 * @throws what the deadline throws, between two batches: those before are deleted and stay so; AkiDbError where a document
 * cannot be read or the log takes no writes
 */
export async function deleteMatching(
  parts: BulkDeleteParts,
  filter: Filter,
  deadline: Deadline,
): Promise<number> {
  using moment = await ReadMoment.withPayload(parts.state, deadline);
  const rows = await moment.livingRows(filter, deadline);
  const turns = new Turns(documentsPerSlice, deadline);
  let deletedCount = 0;
  let batch: ResolvedDocument[] = [];
  let batchBytes = 0;
  for (const row of rowsIn(rows)) {
    const document = parts.state().find(moment.state.rows.idOf(row));
    if (document !== undefined && passesFilter(document, filter)) {
      batch.push(document);
      batchBytes += documentHeapBytes(document);
    }
    if (turns.isDue()) await turns.next();
    if (batch.length < batchDocumentsMax && batchBytes < batchBytesMax) continue;
    deletedCount += await deleteBatch(parts, batch, filter);
    deadline.check();
    batch = [];
    batchBytes = 0;
  }
  return deletedCount + (batch.length === 0 ? 0 : await deleteBatch(parts, batch, filter));
}

async function deleteBatch(
  { write, clock }: BulkDeleteParts,
  batch: readonly ResolvedDocument[],
  filter: Filter,
): Promise<number> {
  const ids: DocumentId[] = [];
  await write(batch.length * bytesPerDelete, (pending) => {
    for (const read of batch) {
      const document = pending.find(read.id);
      // The same object is the same version; of another one, only its own word counts.
      if (document === undefined || (document !== read && !passesFilter(document, filter))) continue;
      pending.remove(read.id);
      ids.push(read.id);
    }
    return ids.length === 0 ? undefined : { kind: "delete", ids, deletedAtMs: clock.nowMs() };
  });
  return ids.length;
}

/**
 * Deletes documents by their ids or external ids, batch by batch.
 *
 * @returns how many there were
 * @throws as {@link deleteMatching}
 */
export async function deleteKeys(
  { state, write, clock }: BulkDeleteParts,
  { keys, within }: { readonly keys: readonly string[]; readonly within?: Filter | undefined },
  deadline: Deadline,
): Promise<number> {
  const turns = new Turns(documentsPerSlice, deadline);
  let deletedCount = 0;
  for (let from = 0; from < keys.length; from += batchDocumentsMax) {
    const batch = keys.slice(from, from + batchDocumentsMax);
    for (const key of batch) {
      // So that the writer, who decides the batch in one go, finds them in the cache.
      findDocument(state(), key);
      if (turns.isDue()) await turns.next();
    }
    await write(batch.length * bytesPerDelete, (pending) => {
      const found = batch.flatMap((key) => {
        const document = findDocument(pending, key, within);
        if (document !== undefined) pending.remove(document.id);
        return document === undefined ? [] : [document.id];
      });
      deletedCount += found.length;
      return found.length === 0 ? undefined : { kind: "delete", ids: found, deletedAtMs: clock.nowMs() };
    });
    deadline.check();
  }
  return deletedCount;
}

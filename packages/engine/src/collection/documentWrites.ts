import {
  AkiDbError,
  type Deadline,
  type DocumentInput,
  type DocumentPatch,
  type FieldViolation,
  invalidArguments,
  type UpsertItem,
} from "@akidb/base";
import { allOf } from "../filter/allOf.ts";
import { everything, type Filter } from "../filter/filter.ts";
import { parseFilter } from "../filter/parseFilter.ts";
import type { AppliedState } from "./appliedState.ts";
import { type BulkDeleteParts, deleteKeys, deleteMatching } from "./bulkDelete.ts";
import { checkBatch } from "./checkedBatch.ts";
import { checkPatch } from "./checkedPatch.ts";
import type { ChunkedDocument } from "./chunkedDocument.ts";
import type { CollectionWriter, CommitTiming } from "./collectionWriter.ts";
import type { OpenCollectionOptions } from "./openCollectionOptions.ts";
import { resolveDelete } from "./resolveDelete.ts";
import { patchBytes, resolvePatches } from "./resolvePatches.ts";
import { resolveUpsert } from "./resolveUpsert.ts";
import { checkIfVersion } from "./versionCheck.ts";
import { batchSize, storedBytes, type WriteRoom } from "./writeRoom.ts";

export interface DocumentWritesParts {
  readonly writer: CollectionWriter;
  readonly room: WriteRoom;
  /** The one that is served at the moment of a call. */
  readonly state: () => AppliedState;
  readonly options: OpenCollectionOptions;
}

export interface WriteOptions {
  readonly atomic?: boolean;
  /** What does not pass it is neither there nor can it be written: who writes is bound by it. */
  readonly within?: Filter | undefined;
  readonly onCommitted?: (timing: CommitTiming) => void;
}

export interface DeleteOptions {
  readonly ifVersion?: number;
  readonly within?: Filter | undefined;
}

export interface DeleteMatching {
  /** In the language of `parseFilter`. */
  readonly filter: unknown;
  readonly within?: Filter | undefined;
}

export interface DeleteKeys {
  /** Ids or external ids. */
  readonly keys: readonly string[];
  readonly within?: Filter | undefined;
}

/** Documents of one batch of those that have expired. */
const expiredBatchMax = 1_000;

/** In the log, roughly. */
const bytesPerDelete = 64;

/**
 * What callers want written of documents: checked by itself, given the room that it will take, and then decided by the
 * writer, where it sees all that was written before.
 */
export class DocumentWrites {
  /** It counts for every write that is decided from now on. */
  maxDocumentCount: number;
  readonly #parts: DocumentWritesParts;

  constructor(parts: DocumentWritesParts) {
    this.#parts = parts;
    this.maxDocumentCount = parts.options.maxDocumentCount;
  }

  /**
   * Inserts or replaces whole documents; each is written or refused on its own.
   *
   * @param documents an error in place of a document is its refusal, and keeps its position; one in chunks replaces all
   * that it was before
   * @returns one item for each document; of one in chunks, that of its first
   * @throws AkiDbError with `atomic`, where any document cannot be written, and then none is; `quota_exceeded` where there
   *   is no room for the batch in memory or on the disk, of which nothing is written then
   */
  async upsert(
    documents: readonly (DocumentInput | ChunkedDocument | AkiDbError)[],
    { atomic = false, within, onCommitted }: WriteOptions = {},
  ): Promise<readonly UpsertItem[]> {
    const { writer, room, options } = this.#parts;
    writer.requireInMemory();
    const batch = checkBatch({ documents, atomic }, options);
    const need = room.needOf(batchSize(batch));
    // Where there is room, the write takes its place in the queue within the call.
    using _room = room.reserve(need) ?? (await room.make(need));
    const { ids, clock } = options;
    let items: readonly UpsertItem[] = [];
    const timing = await writer.write(batch.bytes, (pending) => {
      const maxDocumentCount = this.maxDocumentCount;
      const nowMs = clock.nowMs();
      const resolved = resolveUpsert(batch, { pending, ids, nowMs, maxDocumentCount, within });
      items = resolved.items;
      return resolved.mutations;
    });
    onCommitted?.(timing);
    return items;
  }

  /**
   * Changes documents that are there, but not their vectors; each is changed or refused on its own.
   *
   * @param patches an error in place of a patch is its refusal, and keeps its position
   * @returns one item for each patch
   * @throws AkiDbError with `atomic`, where any patch is refused, and then none is applied; `quota_exceeded` where there
   *   is no room for the batch
   */
  async patch(
    patches: readonly (DocumentPatch | AkiDbError)[],
    { atomic = false, within }: WriteOptions = {},
  ): Promise<readonly UpsertItem[]> {
    const { writer, room, state, options } = this.#parts;
    writer.requireInMemory();
    const checked = patches.map((input) => (input instanceof AkiDbError ? input : checkPatch(input)));
    const bytes = patchBytes(checked, state());
    // The documents, their record, and what of it the payload index takes.
    const need = { memoryBytes: 3 * bytes, storageBytes: storedBytes(bytes) };
    using _room = room.reserve(need) ?? (await room.make(need));
    const { clock, metadataBytesMax, declaredFields = [] } = options;
    let items: readonly UpsertItem[] = [];
    await writer.write(bytes, (pending) => {
      const context = { pending, nowMs: clock.nowMs(), metadataBytesMax, declaredFields, within };
      const resolved = resolvePatches({ patches: checked, atomic }, context);
      items = resolved.items;
      return resolved.mutation === undefined ? [] : [resolved.mutation];
    });
    return items;
  }

  /**
   * @param keys ids or external ids
   * @returns for each key whether there was such a document
   * @throws AkiDbError `failed_precondition` where one has another version than `ifVersion`; nothing is deleted then
   */
  async delete(
    keys: readonly string[],
    { ifVersion, within }: DeleteOptions = {},
  ): Promise<readonly boolean[]> {
    const { writer, options } = this.#parts;
    const violations: FieldViolation[] = [];
    const request = { keys, ifVersion: checkIfVersion(ifVersion, violations), within };
    if (violations.length > 0) throw invalidArguments(violations);
    let found: readonly boolean[] = [];
    await writer.write(keys.length * bytesPerDelete, (pending) => {
      const resolved = resolveDelete(request, pending, options.clock.nowMs());
      found = resolved.found;
      return resolved.mutation === undefined ? [] : [resolved.mutation];
    });
    return found;
  }

  /** @throws AkiDbError `invalid_argument` for the filter; as {@link deleteMatching} */
  async deleteMatching({ filter, within }: DeleteMatching, deadline: Deadline): Promise<number> {
    const wanted = allOf(within, parseFilter(filter)) ?? everything;
    this.#parts.writer.requireInMemory();
    return await deleteMatching(this.#bulkDelete, wanted, deadline);
  }

  /** @throws as {@link deleteKeys} */
  deleteKeys(request: DeleteKeys, deadline: Deadline): Promise<number> {
    return deleteKeys(this.#bulkDelete, request, deadline);
  }

  /**
   * Deletes documents that have expired, a batch of them; no read shows them anyway.
   *
   * @returns whether there may be more
   */
  async removeExpired(): Promise<boolean> {
    const { writer, state, options } = this.#parts;
    if (writer.isInPlace || state().expiredRows() === undefined) return false;
    let count = 0;
    await writer.write(expiredBatchMax * bytesPerDelete, (pending) => {
      // What was written again in the group stays.
      const expired = state().expiredDocuments(expiredBatchMax);
      const ids = expired.filter((id) => pending.find(id) === undefined);
      count = ids.length;
      return count === 0 ? [] : [{ kind: "delete", ids, deletedAtMs: options.clock.nowMs() }];
    });
    return count === expiredBatchMax;
  }

  get #bulkDelete(): BulkDeleteParts {
    const { writer, state, options } = this.#parts;
    return {
      state,
      write: async (bytes, decide) => {
        await writer.write(bytes, (pending) => {
          const mutation = decide(pending);
          return mutation === undefined ? [] : [mutation];
        });
      },
      clock: options.clock,
    };
  }
}

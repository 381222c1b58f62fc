import type { Clock, Deadline, DocumentId } from "@akidb/base";
import type { AppliedState } from "../collection/appliedState.ts";
import { upsertPayloadBytes } from "../collection/documentsPayload.ts";
import type { Mutation, ResolvedDocument } from "../collection/mutation.ts";
import type { WriteSize } from "../collection/writeRoom.ts";
import { emptyDocumentHeapBytes } from "../documents/documentHeapBytes.ts";
import { idsInOrder } from "../reads/idsInOrder.ts";
import { ReadMoment } from "../reads/readMoment.ts";

/** What a collection is to have of another one. */
export interface MirroredDocuments {
  /** With the identifiers, times and versions that they have there, each once. */
  readonly documents: readonly ResolvedDocument[];
  /** `documents.length × dimension`, row-major, finite, and not zero for cosine. */
  readonly vectors: Float32Array;
  /** That it is to have no more. */
  readonly removed: readonly DocumentId[];
}

export interface MirroredWrite extends WriteSize {
  readonly decide: () => readonly Mutation[];
}

export interface MirrorParts {
  readonly state: () => AppliedState;
  /** As every other write goes. */
  readonly write: (write: MirroredWrite) => Promise<void>;
  readonly dimension: number;
  readonly clock: Clock;
}

/**
 * The documents of a collection as another one is to have them, with other vectors: read as they are, and written without
 * anything being decided. Who writes so is the only writer.
 */
export class CollectionMirror {
  readonly #parts: MirrorParts;

  constructor(parts: MirrorParts) {
    this.#parts = parts;
  }

  /**
   * The next ids in their order, of documents that have expired, too; there may be some among them that are gone by now.
   *
   * @throws what the deadline throws; AkiDbError where the file of documents is damaged
   */
  async idsAfter(
    after: DocumentId | undefined,
    count: number,
    deadline: Deadline,
  ): Promise<readonly DocumentId[]> {
    using moment = ReadMoment.now(this.#parts.state());
    return await idsInOrder({ moment, after, count, rows: undefined, rowCount: moment.rowCount, deadline });
  }

  /**
   * In the order of the ids, those that have expired among them; undefined for what is not there.
   *
   * @throws AkiDbError `failed_precondition` where one is not what was written
   */
  documents(ids: readonly DocumentId[]): readonly (ResolvedDocument | undefined)[] {
    return this.#parts.state().documentsOf(ids);
  }

  /** A copy; undefined where there is no such document. */
  vectorOf(id: DocumentId): Float32Array | undefined {
    const { rows, index } = this.#parts.state();
    const row = rows.rowOf(id);
    return row === undefined ? undefined : index.vectorOf(row);
  }

  /**
   * Resolves when it is applied, and as durable as every write is.
   *
   * @throws AkiDbError `quota_exceeded` and `unavailable`, where nothing is written
   */
  async write({ documents, vectors, removed }: MirroredDocuments): Promise<void> {
    const { state, write, dimension, clock } = this.#parts;
    let stringBytes = 0;
    let metadataBytes = 0;
    for (const { externalId, text, metadata } of documents) {
      for (const part of [externalId, text, metadata]) if (part) stringBytes += Buffer.byteLength(part);
      metadataBytes += metadata?.length ?? 0;
    }
    await write({
      count: documents.length,
      metadataBytes,
      heapBytes: documents.length * emptyDocumentHeapBytes + stringBytes,
      bytes: upsertPayloadBytes(documents.length, dimension, stringBytes) + removed.length * 64,
      decide: () => {
        const mutations: Mutation[] = [];
        const ids = goneFor(state(), documents, removed);
        if (ids.length > 0) mutations.push({ kind: "delete", ids, deletedAtMs: clock.nowMs() });
        if (documents.length > 0) mutations.push({ kind: "upsert", documents, vectors });
        return mutations;
      },
    });
  }
}

/** An external id may have gone from one document to another: whoever has it here yet goes before, and comes in its turn. */
function goneFor(
  state: AppliedState,
  documents: readonly ResolvedDocument[],
  removed: readonly DocumentId[],
): readonly DocumentId[] {
  const gone = new Set(removed.filter((id) => state.rows.rowOf(id) !== undefined));
  for (const { id, externalId } of documents) {
    if (externalId === undefined) continue;
    const holder = state.idOfExternalId(externalId) ?? state.expiredHolderOf(externalId);
    if (holder !== undefined && holder !== id) gone.add(holder);
  }
  return [...gone];
}

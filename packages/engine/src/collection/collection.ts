import {
  AkiDbError,
  type Clock,
  type CollectionId,
  type Deadline,
  type Document,
  type DocumentId,
  type DocumentInput,
  type FieldViolation,
  formatTimestamp,
  type IdGenerator,
  type Include,
  invalidArgument,
  invalidArguments,
  limits,
  type Match,
  type Metric,
  parseId,
  scoreToDistance,
  type UpsertItem,
  unavailable,
} from "@akidb/base";
import { DamagedFileError } from "../damagedFileError.ts";
import type { Disk } from "../disk/disk.ts";
import { ExactScan } from "../index/exactScan.ts";
import type { ReadViewHandle } from "../index/flatReadView.ts";
import { createWal, openWal, type WalRecovery } from "../wal/openWal.ts";
import type { WalRecord } from "../wal/recordFormat.ts";
import type { WalOptions, WalWriter } from "../wal/walWriter.ts";
import { AppliedState } from "./appliedState.ts";
import { type CheckedDocument, checkDocument } from "./checkedDocument.ts";
import { CommitQueue, type Write } from "./commitQueue.ts";
import { decodeMetadata } from "./metadata.ts";
import {
  decodeMutation,
  encodeMutation,
  type Mutation,
  type ResolvedDocument,
  upsertPayloadBytes,
} from "./mutation.ts";
import { PendingDocuments } from "./pendingDocuments.ts";
import { type CheckedBatch, resolveUpsert } from "./resolveUpsert.ts";
import { checkVector } from "./vectorCheck.ts";

export interface CollectionFiles {
  readonly disk: Disk;
  readonly directory: string;
  readonly collectionId: CollectionId;
  readonly clock: Clock;
  readonly ids: IdGenerator;
}

export interface OpenCollectionOptions extends CollectionFiles {
  readonly dimension: number;
  readonly metric: Metric;
  readonly maxDocumentCount: number;
  readonly metadataBytesMax: number;
  readonly wal: WalOptions;
}

export interface CollectionQuery {
  readonly vector: Float32Array | readonly number[];
  /** 1..limits.topKMax */
  readonly topK: number;
  readonly include: readonly Include[];
}

export interface CollectionStats {
  readonly documentCount: number;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  /** Why nothing can be written until the collection is opened anew; undefined where writes are welcome. */
  readonly readOnlyReason: string | undefined;
}

/** What the writer does with one request: `decide` sees every write before it, durable or not. */
interface PendingWrite extends Write {
  readonly decide: (pending: PendingDocuments) => Mutation | undefined;
  readonly succeed: () => void;
}

/** Multiply-adds between two turns of the event loop: 2 to 3 ms. */
const scanSliceComponents = 2 ** 21;

/** Recovery ends by dropping dead rows beyond this share. */
const deadShareMax = 0.2;

const walDirectory = (directory: string): string => `${directory}/wal`;

/** Begins a collection on disk; durable when it resolves. */
export const createCollectionFiles = (files: CollectionFiles): Promise<void> =>
  createWal({ ...files, directory: walDirectory(files.directory) });

/**
 * A collection with its single writer. Writes are decided one after the other, logged in groups, applied, published to
 * all readers at once, and only then acknowledged: what a caller was told is on the device (as `wal.sync` says) and
 * found by the next query.
 */
export class Collection {
  readonly recovery: WalRecovery;
  readonly #options: OpenCollectionOptions;
  readonly #state: AppliedState;
  readonly #wal: WalWriter;
  readonly #queue = new CommitQueue<PendingWrite>((group) => this.#commit(group));
  #readOnlyReason: string | undefined;
  #closing: Promise<void> | undefined;

  private constructor(
    options: OpenCollectionOptions,
    state: AppliedState,
    wal: WalWriter,
    recovery: WalRecovery,
  ) {
    this.#options = options;
    this.#state = state;
    this.#wal = wal;
    this.recovery = recovery;
  }

  /** @throws DamagedFileError where something acknowledged cannot be read back */
  static async open(options: OpenCollectionOptions): Promise<Collection> {
    const replayed = new AppliedState(options.dimension, options.metric);
    let collection: Collection | undefined;
    const { wal, recovery } = await openWal({
      ...options,
      ...options.wal,
      directory: walDirectory(options.directory),
      apply: (record) => replay(record, replayed),
      onFailure: () => collection?.becomeReadOnly("the log could not be synced"),
    });
    replayed.index.publish();
    const state = replayed.index.deadShare > deadShareMax ? replayed.compacted() : replayed;
    collection = new Collection(options, state, wal, recovery);
    return collection;
  }

  stats(): CollectionStats {
    return {
      documentCount: this.#state.documents.count,
      memoryBytes: this.#state.memoryBytes,
      diskBytes: this.#wal.bytes,
      readOnlyReason: this.#readOnlyReason,
    };
  }

  /** The vectors, for any thread to search. A new one is needed after the collection has grown. */
  readView(): ReadViewHandle {
    return this.#state.index.handle();
  }

  /**
   * Inserts or replaces whole documents; each is written or refused on its own.
   *
   * @param documents an error in place of a document is its refusal, and keeps its position
   * @returns one item for each document
   * @throws AkiDbError with `atomic`, where any document cannot be written, and then none is
   */
  async upsert(
    documents: readonly (DocumentInput | AkiDbError)[],
    { atomic = false }: { readonly atomic?: boolean } = {},
  ): Promise<readonly UpsertItem[]> {
    const batch = this.#checkBatch(documents, atomic);
    const stringBytes = batch.documents.reduce(
      (sum, document) => sum + (document instanceof AkiDbError ? 0 : document.stringBytes),
      0,
    );
    const bytes = upsertPayloadBytes(documents.length, this.#options.dimension, stringBytes);
    if (bytes > limits.walRecordBytesMax) {
      const detail = `take ${bytes} bytes; one batch holds at most ${limits.walRecordBytesMax}, so send several`;
      throw invalidArgument("documents", detail);
    }
    const { ids, clock, maxDocumentCount } = this.#options;
    let items: readonly UpsertItem[] = [];
    await this.#write(bytes, (pending) => {
      const resolved = resolveUpsert(batch, { pending, ids, nowMs: clock.nowMs(), maxDocumentCount });
      items = resolved.items;
      return resolved.mutation;
    });
    return items;
  }

  /**
   * @param keys ids or external ids
   * @returns for each key whether there was such a document
   */
  async delete(keys: readonly string[]): Promise<readonly boolean[]> {
    let found: readonly boolean[] = [];
    await this.#write(keys.length * 64, (pending) => {
      const ids: DocumentId[] = [];
      found = keys.map((key) => {
        const document = findDocument(pending, key);
        if (document === undefined) return false;
        pending.remove(document.id);
        ids.push(document.id);
        return true;
      });
      return ids.length === 0 ? undefined : { kind: "delete", ids };
    });
    return found;
  }

  /** @param key an id or an external id */
  get(key: string, include: readonly Include[]): Document | undefined {
    const { documents } = this.#state;
    const document = findDocument(documents, key);
    if (document === undefined) return undefined;
    return {
      ...this.#describe(document, documents.rowOf(document.id)!, include),
      insertedAt: formatTimestamp(document.insertedAtMs),
      updatedAt: formatTimestamp(document.updatedAtMs),
      version: document.version,
    };
  }

  /**
   * The exact nearest documents, best first, as of the call. Runs in the calling thread, which it shares in slices.
   *
   * @throws AkiDbError `invalid_argument`; what the deadline throws
   */
  async query({ vector, topK, include }: CollectionQuery, deadline: Deadline): Promise<readonly Match[]> {
    const violations: FieldViolation[] = [];
    const checked = checkVector(vector, this.#options, "vector", violations);
    if (checked === undefined) throw invalidArguments(violations);
    if (!Number.isInteger(topK) || topK < 1 || topK > limits.topKMax) {
      throw invalidArgument("top_k", `must be a whole number from 1 to ${limits.topKMax}`);
    }
    using _pin = this.#state.documents.pin();
    const scan = new ExactScan(this.#state.index.view, checked, topK);
    const rowsPerSlice = Math.ceil(scanSliceComponents / this.#options.dimension);
    while (!scan.advance(rowsPerSlice)) {
      await new Promise((resolve) => setImmediate(resolve));
      deadline.check();
    }
    const { rows, scores } = scan.result();
    return Array.from(rows, (row, rank) => {
      const score = scores[rank]!;
      const distance = scoreToDistance(this.#options.metric, score);
      return { ...this.#describe(this.#state.documents.atRow(row)!, row, include), score, distance };
    });
  }

  /** Finishes what is waiting; no write is taken any more. */
  close(): Promise<void> {
    this.#closing ??= this.#queue.idle().then(() => this.#wal.close());
    return this.#closing;
  }

  /** After a failure of the log, what it holds on the device is unknown until it is opened and read again. */
  private becomeReadOnly(reason: string): void {
    this.#readOnlyReason ??= reason;
  }

  #checkBatch(inputs: readonly (DocumentInput | AkiDbError)[], atomic: boolean): CheckedBatch {
    const { dimension } = this.#options;
    const documents = inputs.map((input) =>
      input instanceof AkiDbError ? input : checkDocument(input, this.#options),
    );
    const passed = documents.filter((document) => !(document instanceof AkiDbError)) as CheckedDocument[];
    // Copied at once: the caller may change its arrays while the batch waits.
    const vectors = new Float32Array(passed.length * dimension);
    for (const [row, { vector }] of passed.entries()) vectors.set(vector, row * dimension);
    return { documents, dimension, vectors, atomic };
  }

  #write(bytes: number, decide: PendingWrite["decide"]): Promise<void> {
    return new Promise((succeed, fail) => {
      if (this.#closing !== undefined) throw unavailable("the collection is closing");
      this.#requireWritable();
      this.#queue.push({ bytes, decide, succeed, fail });
    });
  }

  #requireWritable(): void {
    if (this.#readOnlyReason !== undefined) {
      throw unavailable(`the collection is read-only until the next start: ${this.#readOnlyReason}`);
    }
  }

  /** Decide, log, apply, publish, acknowledge: one group at a time. */
  async #commit(group: readonly PendingWrite[]): Promise<void> {
    const pending = new PendingDocuments(this.#state.documents);
    const decided: PendingWrite[] = [];
    const mutations: Mutation[] = [];
    for (const write of group) {
      try {
        this.#requireWritable();
        const mutation = write.decide(pending);
        if (mutation !== undefined) mutations.push(mutation);
        decided.push(write);
      } catch (error) {
        write.fail(error);
      }
    }
    try {
      if (mutations.length > 0) await this.#logAndApply(mutations);
      for (const write of decided) write.succeed();
    } catch (error) {
      for (const write of decided) write.fail(error);
    }
  }

  async #logAndApply(mutations: readonly Mutation[]): Promise<void> {
    const records = this.#prepare(mutations);
    // From here on the group is decided: only the disk can fail.
    try {
      await this.#wal.append(records);
    } catch (cause) {
      this.becomeReadOnly("the log could not be written");
      throw unavailable("the write could not be made durable, and may or may not be there after a restart", {
        cause,
      });
    }
    try {
      for (const mutation of mutations) this.#state.apply(mutation);
      this.#state.index.publish();
    } catch (error) {
      this.becomeReadOnly("a durable write could not be applied");
      throw error;
    }
  }

  /** Takes all the memory that the group needs, so that nothing can run out of it once the group is logged. */
  #prepare(mutations: readonly Mutation[]) {
    try {
      const rows = mutations.reduce(
        (sum, mutation) => sum + (mutation.kind === "upsert" ? mutation.documents.length : 0),
        0,
      );
      this.#state.index.reserve(rows);
      return mutations.map(encodeMutation);
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      throw unavailable("there is not enough memory for the write", { cause });
    }
  }

  #describe(
    { id, externalId, metadata, text }: ResolvedDocument,
    row: number,
    include: readonly Include[],
  ): Pick<Match, "id" | "externalId" | "metadata" | "text" | "vector"> {
    return {
      id,
      ...(externalId !== undefined && { externalId }),
      ...(metadata !== undefined && include.includes("metadata") && { metadata: decodeMetadata(metadata) }),
      ...(text !== undefined && include.includes("text") && { text }),
      ...(include.includes("vector") && { vector: this.#state.index.view.vectorOf(row) }),
    };
  }
}

function replay(record: WalRecord, state: AppliedState): void {
  try {
    state.apply(decodeMutation(record));
  } catch (cause) {
    // Its checksum holds, so it is what was written, by something that knows more than this version does.
    const reason = `LSN ${record.lsn} cannot be read (${(cause as Error).message})`;
    throw new DamagedFileError("wal", reason);
  }
}

/** @param key an id, else an external id */
function findDocument(
  documents: Pick<PendingDocuments, "find" | "idOfExternalId">,
  key: string,
): ResolvedDocument | undefined {
  const id = parseId<"document">(key);
  const byId = id === undefined ? undefined : documents.find(id);
  if (byId !== undefined) return byId;
  const named = documents.idOfExternalId(key);
  return named === undefined ? undefined : documents.find(named);
}

import { type DocumentId, limits, unavailable } from "@akidb/base";
import type { Mutation, ResolvedDocument } from "../collection/mutation.ts";
import type { DocumentFile } from "./documentFile.ts";
import { documentHeapBytes, emptyDocumentHeapBytes } from "./documentHeapBytes.ts";
import { FileTurns } from "./fileTurns.ts";
import { StoredTexts } from "./storedTexts.ts";

/** A change waits so long for others to be written with it. */
const flushDelayMs = 50;

/** After a disk that refused. */
const retryDelayMs = 1_000;

/** Of one transaction, but at least one mutation. */
const flushBytesMax = 4 * 1024 * 1024;

export interface DocumentStoreOptions {
  readonly file: DocumentFile;
  /** Resolves when the log is durable up to the LSN: the file must never know more than a log after a power cut. */
  readonly syncLog: (lsn: number) => Promise<void>;
}

/** What is to be written of one document, or of its deletion. */
interface Change {
  readonly id: DocumentId;
  readonly document: ResolvedDocument | undefined;
  readonly bytes: number;
}

interface WaitingMutation {
  readonly lsn: number;
  readonly changes: readonly Change[];
  readonly bytes: number;
}

/** What a document was before a change, for snapshots from before it. */
interface Retained {
  /** The number of the change. */
  readonly change: number;
  readonly read: () => ResolvedDocument | undefined;
}

interface OpenSnapshot {
  /** Changes that it sees. */
  readonly changeCount: number;
}

/** The documents as of the moment when it was taken, until it is disposed of. */
export interface DocumentSnapshot extends Disposable {
  /** Whether nothing has changed since. */
  readonly isCurrent: boolean;
  /**
   * @param id of a document that was there
   * @throws DamagedFileError where the document is not what was written
   */
  get(id: DocumentId): ResolvedDocument | undefined;
  /** The same of many. */
  getMany(ids: readonly DocumentId[]): readonly (ResolvedDocument | undefined)[];
}

/**
 * The documents of a collection, without their vectors: in a file, and in memory those that are not written there yet.
 * Mutations are applied in memory at once and written behind, in order, some at a time; after a crash the log has
 * everything above `writtenLsn`.
 */
export class DocumentStore {
  readonly #options: DocumentStoreOptions;
  readonly #file: DocumentFile;
  /** In the order of their LSNs. */
  #waiting: WaitingMutation[] = [];
  #waitingBytes = 0;
  /** The newest change of each document that is waiting. */
  readonly #overlay = new Map<DocumentId, Change>();
  #appliedLsn: number;
  #changeCount = 0;
  /** Oldest first. */
  readonly #snapshots = new Set<OpenSnapshot>();
  /** The change count of the newest one ever taken. */
  #lastSnapshotAt = 0;
  /** By document, oldest first. */
  readonly #retained = new Map<DocumentId, Retained[]>();
  /** The full text of what is in the file. */
  readonly texts: StoredTexts;
  /** Called whenever everything that was applied is in the file. */
  onWritten: () => void = () => {};
  readonly #turns = new FileTurns();
  /** What is waiting is being written, or about to be. */
  #isFlushing = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: DocumentStoreOptions) {
    this.#options = options;
    this.#file = options.file;
    this.#appliedLsn = options.file.appliedLsn;
    this.texts = new StoredTexts({
      file: options.file,
      turns: this.#turns,
      appliedLsn: () => this.#appliedLsn,
      flushTo: (lsn) => this.#flushTo(lsn),
    });
  }

  /** Of the file. */
  get path(): string {
    return this.#file.path;
  }

  /** Of the newest mutation that reads see. */
  get appliedLsn(): number {
    return this.#appliedLsn;
  }

  /** Of the newest mutation that is in the file. */
  get writtenLsn(): number {
    return this.#file.appliedLsn;
  }

  /** Documents in the file: all of them when everything is written. */
  get writtenCount(): number {
    return this.#file.count;
  }

  /** An estimate for what is waiting. */
  get memoryBytes(): number {
    return this.#waitingBytes + this.#file.memoryBytes;
  }

  get diskBytes(): number {
    return this.#file.bytes;
  }

  /** @throws DamagedFileError where the document is not what was written */
  get(id: DocumentId): ResolvedDocument | undefined {
    const change = this.#overlay.get(id);
    return change === undefined ? this.#file.read(id) : change.document;
  }

  /** @throws DamagedFileError */
  writtenIdsAfter(after: DocumentId | undefined, count: number): readonly DocumentId[] {
    return this.#file.idsAfter(after, count);
  }

  /**
   * Of documents that the file does not know yet as they are, deleted ones among them. Changes may come while it is
   * iterated over: what leaves is in the file by then.
   */
  unwrittenIds(): IterableIterator<DocumentId> {
    return this.#overlay.keys();
  }

  /** Documents of the file that expire. */
  expirations(): ReturnType<DocumentFile["expirations"]> {
    return this.#file.expirations();
  }

  /** Takes a mutation over, unless it is there already. */
  apply(mutation: Mutation, lsn: number): void {
    if (lsn <= this.#appliedLsn) return;
    const changes = changesOf(mutation);
    let bytes = 0;
    for (const change of changes) {
      if (this.#snapshots.size > 0) this.#retain(change.id);
      this.#changeCount += 1;
      this.#overlay.set(change.id, change);
      bytes += change.bytes;
    }
    this.#waiting.push({ lsn, changes, bytes });
    this.#waitingBytes += bytes;
    this.#appliedLsn = lsn;
    this.#flushSoon();
  }

  /** What is replaced or deleted while it is open is kept in memory. */
  snapshot(): DocumentSnapshot {
    const opened: OpenSnapshot = { changeCount: this.#changeCount };
    this.#snapshots.add(opened);
    this.#lastSnapshotAt = this.#changeCount;
    const isCurrent = () => opened.changeCount === this.#changeCount;
    return {
      get isCurrent() {
        return isCurrent();
      },
      get: (id) => {
        const retained = this.#retainedFor(id, opened);
        return retained === undefined ? this.get(id) : retained.read();
      },
      getMany: (ids) => this.#getMany(ids, opened),
      [Symbol.dispose]: () => {
        this.#snapshots.delete(opened);
        this.#forgetRetained();
      },
    };
  }

  /**
   * Resolves when there is room for what comes next; to be asked before anything is logged.
   *
   * @throws AkiDbError `unavailable` where there is none, because the file cannot be written
   */
  async makeRoom(): Promise<void> {
    if (this.#waitingBytes < limits.documentOverlayBytesMax) return;
    try {
      await this.flush();
    } catch (cause) {
      throw unavailable("documents cannot be written to their file", { retryAfterMs: retryDelayMs, cause });
    }
  }

  /**
   * Resolves when everything applied before the call is in the file; it survives the process, not a power cut.
   *
   * @throws DamagedFileError; AkiDbError `unavailable`; what the log's sync throws
   */
  flush(): Promise<void> {
    return this.#flushTo(this.#appliedLsn);
  }

  async #flushTo(lsn: number): Promise<void> {
    while (this.#file.appliedLsn < lsn) await this.#turns.change(() => this.#flushBatch());
  }

  /**
   * Resolves when everything applied before the call is durable.
   *
   * @throws as {@link DocumentStore.flush}
   */
  async sync(): Promise<void> {
    await this.flush();
    // What was written since may be in the middle of its transaction, and others may wait to begin theirs.
    await this.#turns.idle();
    await this.#file.sync();
  }

  /**
   * Deletes what should not be there, after damage; everything is written, and nothing applied meanwhile.
   *
   * @param isKnown whether there is such a document
   */
  async removeUnknown(isKnown: (id: DocumentId) => boolean): Promise<void> {
    const unknown = [...this.#file.ids()].filter((id) => !isKnown(id));
    await this.#file.write(new Map(unknown.map((id) => [id, undefined])), this.#file.appliedLsn);
  }

  /** What could not be written is still in the log. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.flush().catch(() => {});
    await this.texts.close();
    clearTimeout(this.#timer);
    await this.#file.close();
  }

  #getMany(ids: readonly DocumentId[], opened: OpenSnapshot): readonly (ResolvedDocument | undefined)[] {
    const isInMemory = (id: DocumentId) =>
      this.#overlay.has(id) || this.#retainedFor(id, opened) !== undefined;
    const read = this.#file.readMany(ids.filter((id) => !isInMemory(id)));
    let next = 0;
    return ids.map((id) => {
      const retained = this.#retainedFor(id, opened);
      if (retained !== undefined) return retained.read();
      const change = this.#overlay.get(id);
      return change === undefined ? read[next++] : change.document;
    });
  }

  #retainedFor(id: DocumentId, { changeCount }: OpenSnapshot): Retained | undefined {
    return this.#retained.get(id)?.find(({ change }) => change >= changeCount);
  }

  #retain(id: DocumentId): void {
    const retained = this.#retained.get(id);
    const last = retained?.at(-1);
    // Every snapshot from before finds an older one.
    if (last !== undefined && last.change >= this.#lastSnapshotAt) return;
    const entry = { change: this.#changeCount, read: this.#readOnce(id) };
    if (retained === undefined) this.#retained.set(id, [entry]);
    else retained.push(entry);
  }

  /** Reads now, and tells later: a damaged document does not hold up the write that replaces it. */
  #readOnce(id: DocumentId): () => ResolvedDocument | undefined {
    try {
      const document = this.get(id);
      return () => document;
    } catch (error) {
      return () => {
        throw error;
      };
    }
  }

  #forgetRetained(): void {
    const [oldest] = this.#snapshots;
    if (oldest === undefined) {
      this.#retained.clear();
      return;
    }
    for (const [id, retained] of this.#retained) {
      if (retained.at(-1)!.change < oldest.changeCount) this.#retained.delete(id);
    }
  }

  #flushSoon(): void {
    if (this.#isFlushing) return;
    const isFull = this.#waitingBytes >= flushBytesMax;
    if (this.#timer !== undefined && !isFull) return;
    clearTimeout(this.#timer);
    this.#schedule(isFull ? 0 : flushDelayMs);
  }

  #schedule(delayMs: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.flush().catch(() => {
        if (this.#waiting.length > 0) this.#schedule(retryDelayMs);
      });
    }, delayMs);
    this.#timer.unref();
  }

  async #flushBatch(): Promise<void> {
    this.#isFlushing = true;
    try {
      await this.#writeBatch(await this.#turns.nextStop(this.#file.appliedLsn));
    } finally {
      this.#isFlushing = false;
    }
  }

  /** @param lastLsn that may be written */
  async #writeBatch(lastLsn: number): Promise<void> {
    let bytes = 0;
    const end = this.#waiting.findIndex((mutation) => {
      bytes += mutation.bytes;
      return bytes >= flushBytesMax || mutation.lsn === lastLsn;
    });
    const batch = end === -1 ? this.#waiting.slice() : this.#waiting.slice(0, end + 1);
    const { lsn } = batch.at(-1)!;
    await this.#options.syncLog(lsn);
    const changes = batch.flatMap((mutation) => mutation.changes);
    // A document that changes several times in the batch is written once, as it is at its end.
    await this.#file.write(new Map(changes.map(({ id, document }) => [id, document])), lsn);
    this.#waiting.splice(0, batch.length);
    for (const change of changes) {
      this.#waitingBytes -= change.bytes;
      if (this.#overlay.get(change.id) === change) this.#overlay.delete(change.id);
    }
    if (this.#waiting.length === 0) this.onWritten();
  }
}

function changesOf(mutation: Mutation): readonly Change[] {
  const removed = "ids" in mutation ? mutation.ids : [];
  // What a patch leaves of a document is whole, too.
  const written = "documents" in mutation ? mutation.documents : [];
  return [
    ...removed.map((id) => ({ id, document: undefined, bytes: emptyDocumentHeapBytes })),
    ...written.map((document) => ({ id: document.id, document, bytes: documentHeapBytes(document) })),
  ];
}

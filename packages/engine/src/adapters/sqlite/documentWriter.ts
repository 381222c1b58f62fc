import { Worker } from "node:worker_threads";
import { unavailable } from "@akidb/base";
import type { DocumentChanges, DocumentFile } from "../../documents/documentFile.ts";
import {
  type DocumentWriteReply,
  type DocumentWriteRequest,
  packChanges,
  unpackFailure,
} from "./documentWriteMessage.ts";
import type { SqliteDocumentFile } from "./sqliteDocumentFile.ts";

type Written = Extract<DocumentWriteReply, { readonly kind: "done" }>;

/** A request without its number, as its file knows it. */
type Task = DocumentWriteRequest extends infer Request
  ? Request extends DocumentWriteRequest
    ? Omit<Request, "requestId">
    : never
  : never;

interface PendingRequest {
  readonly succeed: (written: Written) => void;
  readonly fail: (error: unknown) => void;
}

/**
 * A thread that writes the files of documents of all collections of a process, so that neither SQLite's work nor the syncs
 * of its checkpoints hold up who serves. Started with the first write, asleep without any.
 */
export class DocumentWriter {
  readonly #pending = new Map<number, PendingRequest>();
  #worker: Worker | undefined;
  #nextId = 1;
  #isClosed = false;

  /** The file, read by this thread and written by the other one. It is to be closed before this is. */
  writing(file: SqliteDocumentFile): DocumentFile {
    return new ThreadedDocumentFile(file, (task) => this.#request(task));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#worker?.terminate();
  }

  #request(task: Task): Promise<Written> {
    return new Promise((succeed, fail) => {
      if (this.#isClosed) throw unavailable("documents are not written any more");
      this.#worker ??= this.#start();
      // Who waits for a write keeps the process alive, and nobody else.
      this.#worker.ref();
      const requestId = this.#nextId++;
      this.#pending.set(requestId, { succeed, fail });
      this.#worker.postMessage({ ...task, requestId });
    });
  }

  #start(): Worker {
    // Options of the process may not be a worker's: `--input-type`, say.
    const worker = new Worker(workerUrl, { execArgv: [] });
    worker.on("message", (reply: DocumentWriteReply) => this.#settle(reply));
    // What went wrong in it shows in its exit, too.
    worker.on("error", () => {});
    worker.on("exit", () => this.#lose());
    return worker;
  }

  #settle(reply: DocumentWriteReply): void {
    const pending = this.#pending.get(reply.requestId);
    this.#pending.delete(reply.requestId);
    if (this.#pending.size === 0) this.#worker?.unref();
    if (reply.kind === "done") pending?.succeed(reply);
    else pending?.fail(unpackFailure(reply.failure));
  }

  /** Another one is started with the next request; SQLite undoes what this one left unfinished. */
  #lose(): void {
    this.#worker = undefined;
    const lost = [...this.#pending.values()];
    this.#pending.clear();
    for (const { fail } of lost) fail(unavailable("the thread that writes documents ended"));
  }
}

/** Reads here, writes there: SQLite shows this connection what the other one has committed. */
class ThreadedDocumentFile implements DocumentFile {
  readonly #file: SqliteDocumentFile;
  readonly #request: (task: Task) => Promise<Written>;
  #appliedLsn: number;
  #count: number;
  #isWritten = false;

  constructor(file: SqliteDocumentFile, request: (task: Task) => Promise<Written>) {
    this.#file = file;
    this.#request = request;
    this.#appliedLsn = file.appliedLsn;
    this.#count = file.count;
  }

  get appliedLsn(): number {
    return this.#appliedLsn;
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#file.bytes;
  }

  /** Both connections have a cache. */
  get memoryBytes(): number {
    return this.#file.memoryBytes * (this.#isWritten ? 2 : 1);
  }

  read: DocumentFile["read"] = (id) => this.#file.read(id);

  ids: DocumentFile["ids"] = () => this.#file.ids();

  expirations: DocumentFile["expirations"] = () => this.#file.expirations();

  idsAfter: DocumentFile["idsAfter"] = (after, count) => this.#file.idsAfter(after, count);

  async write(changes: DocumentChanges, appliedLsn: number): Promise<void> {
    const task: Task = { ...this.#target, kind: "write", changes: packChanges(changes), appliedLsn };
    this.#isWritten = true;
    this.#learn(await this.#request(task));
  }

  async sync(): Promise<void> {
    this.#isWritten = true;
    this.#learn(await this.#request({ ...this.#target, kind: "sync" }));
  }

  async close(): Promise<void> {
    try {
      if (this.#isWritten) await this.#request({ ...this.#target, kind: "close" });
    } finally {
      await this.#file.close();
    }
  }

  get #target() {
    const { path, name } = this.#file;
    return { path, name };
  }

  #learn({ appliedLsn, count }: Written): void {
    this.#appliedLsn = appliedLsn;
    this.#count = count;
  }
}

/** Beside this file, as source or as built. */
const workerUrl = new URL(import.meta.url.replace(/documentWriter(\.[jt]s)$/, "documentWriteWorker$1"));

import { Worker } from "node:worker_threads";
import { unavailable } from "@akidb/base";
import type { DocumentFile } from "../../documents/documentFile.ts";
import { type DocumentWriteReply, unpackFailure, type WrittenFile } from "./documentWriteMessage.ts";
import type { SqliteDocumentFile } from "./sqliteDocumentFile.ts";
import { TextThread } from "./textThread.ts";
import { type DocumentWriteTask, ThreadedDocumentFile } from "./threadedDocumentFile.ts";

interface PendingRequest {
  readonly succeed: (written: WrittenFile) => void;
  readonly fail: (error: unknown) => void;
}

/**
 * A thread that writes the files of documents of all collections of a process, so that neither SQLite's work nor the syncs
 * of its checkpoints hold up who serves, and one that searches their texts. Each is started with the first who needs it,
 * and asleep without any.
 */
export class DocumentWriter {
  readonly #pending = new Map<number, PendingRequest>();
  readonly #texts = new TextThread();
  #worker: Worker | undefined;
  #nextId = 1;
  #isClosed = false;

  /** The file, read by this thread, written and searched by the others. It is to be closed before this is. */
  writing(file: SqliteDocumentFile): DocumentFile {
    return new ThreadedDocumentFile({ file, request: (task) => this.#request(task), texts: this.#texts });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#texts.close();
    await this.#worker?.terminate();
  }

  #request(task: DocumentWriteTask): Promise<WrittenFile> {
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

/** Beside this file, as source or as built. */
const workerUrl = new URL(import.meta.url.replace(/documentWriter(\.[jt]s)$/, "documentWriteWorker$1"));

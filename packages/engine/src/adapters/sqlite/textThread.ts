import { Worker } from "node:worker_threads";
import { type TextLanguage, unavailable } from "@akidb/base";
import type { MarkedText } from "../../documents/documentTexts.ts";
import type { TextReading } from "../../documents/textReading.ts";
import type { FullTextPhrase } from "../../fullText/fullTextQuery.ts";
import { unpackFailure } from "./documentWriteMessage.ts";
import type { TextReply, TextTask } from "./textMessage.ts";
import type { TextFile } from "./textReadings.ts";

interface PendingRequest {
  readonly succeed: (reply: TextReply) => void;
  readonly fail: (error: unknown) => void;
}

/** Of all that are asked at a time; others wait. Each has a connection of its own, and the thread has one processor. */
const readingsMax = 16;

/** A thread that searches the texts of all collections of a process. Started with the first search, asleep without any. */
export class TextThread {
  readonly #pending = new Map<number, PendingRequest>();
  readonly #turns: (() => void)[] = [];
  #readingCount = 0;
  #worker: Worker | undefined;
  #nextId = 1;
  #isClosed = false;

  /** The texts of a file as they are now. */
  async read(file: TextFile): Promise<TextReading> {
    if (this.#readingCount >= readingsMax) await new Promise<void>((resolve) => this.#turns.push(resolve));
    else this.#readingCount += 1;
    try {
      const readingId = this.#nextId++;
      const worker = this.#running();
      const { appliedLsn, isComplete } = await this.request({ kind: "open", readingId, file }, "opened");
      return new ThreadedTextReading({
        appliedLsn,
        isComplete,
        readingId,
        thread: this,
        onClosed: () => {
          this.#endReading();
          // Another thread knows nothing of it.
          if (this.#worker === worker)
            void this.request({ kind: "close", readingId }, "done").catch(() => {});
        },
      });
    } catch (error) {
      this.#endReading();
      throw error;
    }
  }

  async mark(
    texts: readonly string[],
    phrases: readonly FullTextPhrase[],
    language: TextLanguage,
  ): Promise<readonly MarkedText[]> {
    return (await this.request({ kind: "mark", texts, phrases, language }, "marked")).texts;
  }

  /** Resolves when nothing of the file is open any more. */
  async forget(path: string): Promise<void> {
    // Its end closed what it had open.
    if (this.#worker !== undefined) await this.request({ kind: "forget", path }, "done").catch(() => {});
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#worker?.terminate();
  }

  request<Kind extends TextReply["kind"]>(
    task: TextTask,
    _kind: Kind,
  ): Promise<Extract<TextReply, { readonly kind: Kind }>> {
    return new Promise((succeed, fail) => {
      const worker = this.#running();
      // Who waits for an answer keeps the process alive, and nobody else.
      worker.ref();
      const requestId = this.#nextId++;
      this.#pending.set(requestId, { succeed: succeed as PendingRequest["succeed"], fail });
      worker.postMessage({ ...task, requestId });
    });
  }

  #endReading(): void {
    const next = this.#turns.shift();
    if (next === undefined) this.#readingCount -= 1;
    else next();
  }

  #running(): Worker {
    if (this.#isClosed) throw unavailable("texts are not searched any more");
    this.#worker ??= this.#start();
    return this.#worker;
  }

  #start(): Worker {
    // Options of the process may not be a worker's: `--input-type`, say.
    const worker = new Worker(workerUrl, { execArgv: [] });
    worker.on("message", (reply: TextReply) => this.#settle(reply));
    // What went wrong in it shows in its exit, too.
    worker.on("error", () => {});
    worker.on("exit", () => this.#lose());
    return worker;
  }

  #settle(reply: TextReply): void {
    const pending = this.#pending.get(reply.requestId);
    this.#pending.delete(reply.requestId);
    if (this.#pending.size === 0) this.#worker?.unref();
    if (reply.kind === "failed") pending?.fail(unpackFailure(reply.failure));
    else pending?.succeed(reply);
  }

  /** Another one is started with the next request. */
  #lose(): void {
    this.#worker = undefined;
    const lost = [...this.#pending.values()];
    this.#pending.clear();
    for (const { fail } of lost) fail(unavailable("the thread that searches texts ended"));
  }
}

interface ThreadedTextReadingParts {
  readonly appliedLsn: number;
  readonly isComplete: boolean;
  readonly readingId: number;
  readonly thread: TextThread;
  readonly onClosed: () => void;
}

class ThreadedTextReading implements TextReading {
  readonly appliedLsn: number;
  readonly isComplete: boolean;
  readonly #parts: ThreadedTextReadingParts;
  readonly #cancelled = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  #isClosed = false;

  constructor(parts: ThreadedTextReadingParts) {
    this.#parts = parts;
    this.appliedLsn = parts.appliedLsn;
    this.isComplete = parts.isComplete;
  }

  search: TextReading["search"] = async (query, deadline) => {
    deadline.check();
    const cancel = () => Atomics.store(this.#cancelled, 0, 1);
    deadline.signal.addEventListener("abort", cancel, { once: true });
    try {
      const { readingId, thread } = this.#parts;
      const task = { kind: "search", readingId, query, cancelled: this.#cancelled } as const;
      return (await thread.request(task, "found")).count;
    } catch (error) {
      // It was cancelled, and the deadline knows better why.
      deadline.check();
      throw error;
    } finally {
      deadline.signal.removeEventListener("abort", cancel);
    }
  };

  next: TextReading["next"] = async (count) => {
    const { readingId, thread } = this.#parts;
    return (await thread.request({ kind: "next", readingId, count }, "hits")).hits;
  };

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    Atomics.store(this.#cancelled, 0, 1);
    this.#parts.onClosed();
  }
}

/** Beside this file, as source or as built. */
const workerUrl = new URL(import.meta.url.replace(/textThread(\.[jt]s)$/, "textWorker$1"));

import { Worker } from "node:worker_threads";
import type { Clock } from "@akidb/base";
import type { Database, Gauges } from "@akidb/database";
import type { Logger } from "pino";
import type { PrometheusMetrics } from "../telemetry/prometheusMetrics.ts";
import { MessageBatches } from "./messageBatches.ts";
import type { Measured } from "./remoteMetrics.ts";
import { receivedError, sentError } from "./sentError.ts";
import { ThreadCalls } from "./threadCalls.ts";
import type { ThreadData } from "./threadData.ts";
import type { Addresses, FromThread, ToThread } from "./threadMessage.ts";

export interface ServingThreadParts {
  readonly data: ThreadData;
  readonly startThread: StartThread;
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Undefined where nothing is measured. */
  readonly meters: Meters | undefined;
  readonly renderMetrics: (gauges: Gauges) => Promise<string>;
  readonly onMcpCancelled: (key: string) => void;
}

type Meters = Pick<PrometheusMetrics, "http" | "grpc" | "database">;

/** Where threads run. */
export type StartThread = (data: ThreadData) => Worker;

/** Beside this file, as source or as built. */
const workerUrl = new URL(
  import.meta.url.replace(/threads\/servingThread(\.[jt]s)$/, "adapters/servingWorker$1"),
);

// Options of the process may not be a worker's: `--input-type`, say.
export const startServingWorker: StartThread = (workerData) =>
  new Worker(workerUrl, { workerData, execArgv: [] });

/** One thread that serves, as the thread sees it that holds the data. */
export class ServingThread {
  readonly #parts: ServingThreadParts;
  readonly #messages: MessageBatches<ToThread>;
  readonly #calls: ThreadCalls;
  readonly #listening = Promise.withResolvers<Addresses>();
  readonly #ended = Promise.withResolvers<void>();

  constructor(parts: ServingThreadParts) {
    const { data, startThread, database, clock, logger, renderMetrics } = parts;
    this.#parts = parts;
    const worker = startThread(data);
    this.#messages = new MessageBatches(worker, (message, cause) => this.#refuse(message, cause));
    this.#calls = new ThreadCalls({ database, clock, messages: this.#messages, renderMetrics });
    worker.on("message", (messages: readonly FromThread[]) => {
      for (const message of messages) this.#receive(message);
    });
    worker.on("error", (err) => logger.error({ err }, "a thread that serves has failed"));
    worker.on("exit", () => this.#end());
    // Whoever only waits for its end need not look.
    this.#listening.promise.catch(() => {});
  }

  /** Rejects where it cannot listen. */
  get listening(): Promise<Addresses> {
    return this.#listening.promise;
  }

  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** It stops accepting, waits for its requests in flight up to their timeout, and ends. */
  close(): void {
    this.#messages.send({ kind: "close" });
  }

  cancelMcp(key: string): void {
    this.#messages.send({ kind: "mcp_cancelled", key });
  }

  #receive(message: FromThread): void {
    const { database, meters, onMcpCancelled } = this.#parts;
    switch (message.kind) {
      case "ask":
        void this.#calls.answer(message);
        break;
      case "cancel":
        this.#calls.cancel(message.id);
        break;
      case "admitted":
        for (let at = 0; at < message.count; at++) void database.admit(message.principal);
        break;
      case "measured":
        if (meters !== undefined) count(message.measured, meters);
        break;
      case "mcp_cancelled":
        onMcpCancelled(message.key);
        break;
      case "listening":
        this.#listening.resolve(message.addresses);
        break;
      case "not_listening":
        this.#listening.reject(receivedError(message.error));
        break;
    }
  }

  /** What cannot be copied is a mistake of ours, and must not leave its caller without an answer. */
  #refuse(message: ToThread, cause: unknown): void {
    if (message.kind !== "answer") return;
    this.#messages.send({ kind: "refusal", id: message.id, error: sentError(cause) });
  }

  #end(): void {
    const { database, data } = this.#parts;
    const { connectionCounts, number } = data;
    Atomics.store(connectionCounts, number, 0);
    this.#calls.cancelAll();
    database.releaseGuest(number + 1);
    this.#listening.reject(new Error("a thread that was to serve has ended"));
    this.#ended.resolve();
  }
}

function count(measured: Measured, { http, grpc, database }: Meters): void {
  for (const { what, durationsMs } of measured.requests) {
    for (const durationMs of durationsMs) http.answered({ ...what, durationMs });
  }
  for (const { what, durationsMs } of measured.calls) {
    for (const durationMs of durationsMs) grpc.ended({ ...what, durationMs });
  }
  for (const { what, durationsMs } of measured.searches) {
    for (const durationMs of durationsMs) database.searched(what, durationMs);
  }
  for (const { what, durationsMs } of measured.authorizations) {
    for (const durationMs of durationsMs) database.authorized(what, durationMs);
  }
}

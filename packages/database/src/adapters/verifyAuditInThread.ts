import { Worker } from "node:worker_threads";
import { type AuditPosition, type AuditVerification, unavailable } from "@akidb/base";

export type AuditVerifyMessage =
  | { readonly kind: "done"; readonly verification: AuditVerification }
  | { readonly kind: "failed"; readonly reason: string };

export interface AuditVerifyRequest {
  /** Of the catalog, which this process has open. */
  readonly path: string;
  readonly known: AuditPosition | undefined;
}

/** Beside this file, as source or as built. */
const workerUrl = new URL(import.meta.url.replace(/verifyAuditInThread(\.[jt]s)$/, "verifyAuditWorker$1"));

/**
 * Recomputes the chain of the audit log in a thread of its own: some 8 µs an entry would hold up whoever serves.
 *
 * Rejects with `unavailable` where it could not be done to its end, and with the signal's reason.
 */
export async function verifyAuditInThread({
  signal,
  ...request
}: AuditVerifyRequest & { readonly signal: AbortSignal }): Promise<AuditVerification> {
  signal.throwIfAborted();
  // Options of the process may not be a worker's: `--input-type`, say.
  const worker = new Worker(workerUrl, { workerData: request, execArgv: [] });
  let stop = (): void => {};
  try {
    return await new Promise<AuditVerification>((resolve, reject) => {
      stop = () => reject(signal.reason);
      signal.addEventListener("abort", stop);
      const fail = (reason: string, cause?: unknown): void =>
        reject(unavailable(`the audit log could not be verified: ${reason}`, { cause }));
      worker.on("message", (message: AuditVerifyMessage) => {
        if (message.kind === "done") resolve(message.verification);
        else fail(message.reason);
      });
      worker.on("error", (error) => fail("its thread failed", error));
      worker.on("exit", () => fail("its thread ended"));
    });
  } finally {
    signal.removeEventListener("abort", stop);
    await worker.terminate();
  }
}

import { Worker } from "node:worker_threads";
import { unavailable, type VerificationReport } from "@akidb/base";

export type VerifyMessage =
  | { readonly kind: "progress"; readonly share: number }
  | { readonly kind: "done"; readonly report: VerificationReport }
  | { readonly kind: "failed"; readonly reason: string };

/** Beside this file, as source or as built. */
const workerUrl = new URL(import.meta.url.replace(/verifyInThread(\.[jt]s)$/, "verifyWorker$1"));

export interface ThreadVerification {
  readonly directory: string;
  readonly onProgress: (share: number) => void;
  readonly signal: AbortSignal;
}

/**
 * Verifies a data directory that this process has open, in a thread of its own, so that whoever serves is not held up.
 *
 * @throws AkiDbError `unavailable` where it could not be done to its end
 */
export async function verifyInThread(verification: ThreadVerification): Promise<VerificationReport> {
  const { directory, onProgress, signal } = verification;
  signal.throwIfAborted();
  // Options of the process may not be a worker's: `--input-type`, say.
  const worker = new Worker(workerUrl, { workerData: { directory }, execArgv: [] });
  const stop = (): void => void worker.terminate();
  signal.addEventListener("abort", stop);
  try {
    return await new Promise<VerificationReport>((resolve, reject) => {
      const fail = (reason: string, cause?: unknown): void =>
        reject(unavailable(`the files could not be verified: ${reason}`, { cause }));
      worker.on("message", (message: VerifyMessage) => {
        if (message.kind === "progress") onProgress(message.share);
        else if (message.kind === "done") resolve(message.report);
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

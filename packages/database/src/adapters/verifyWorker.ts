/** Verifies one data directory, which another thread has open, and ends. */
import { parentPort, workerData } from "node:worker_threads";
import { verifyDataDirectory } from "../verify/verifyDataDirectory.ts";
import type { VerifyMessage } from "./verifyInThread.ts";

const { directory } = workerData as { readonly directory: string };
const tell = (message: VerifyMessage): void => parentPort?.postMessage(message);

/** More often nobody looks. */
const progressStep = 0.01;
let told = 0;

try {
  const report = await verifyDataDirectory({
    directory,
    isLive: true,
    onProgress: (share) => {
      if (share < told + progressStep) return;
      told = share;
      tell({ kind: "progress", share });
    },
  });
  tell({ kind: "done", report });
} catch (error) {
  tell({ kind: "failed", reason: error instanceof Error ? error.message : String(error) });
}

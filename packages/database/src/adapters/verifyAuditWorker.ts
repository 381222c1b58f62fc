/** Verifies the audit log of one catalog, which another thread has open, and ends. */
import { parentPort, workerData } from "node:worker_threads";
import { verifyAuditLog } from "@akidb/catalog";
import type { AuditVerifyMessage, AuditVerifyRequest } from "./verifyAuditInThread.ts";

const { path, known } = workerData as AuditVerifyRequest;
const tell = (message: AuditVerifyMessage): void => parentPort?.postMessage(message);

try {
  const verification = verifyAuditLog({ path, ...(known !== undefined && { knownPosition: known }) });
  tell({ kind: "done", verification });
} catch (error) {
  tell({ kind: "failed", reason: error instanceof Error ? error.message : String(error) });
}

import { type Clock, formatTimestamp, notFound, type VerificationReport } from "@akidb/base";
import { lockDataDirectory } from "@akidb/catalog";
import { hasData } from "../adapters/dataFiles.ts";
import { processId } from "../adapters/processId.ts";
import { verifyDataDirectory } from "./verifyDataDirectory.ts";

export interface OfflineVerification {
  readonly directory: string;
  readonly clock: Clock;
  /** How this process is called where another one finds the directory in use. */
  readonly command: string;
  readonly onProgress?: (share: number) => void;
}

/**
 * Reads every file of a data directory that no process has open, which it takes into possession meanwhile.
 *
 * @throws AkiDbError `not_found` where there is no data, `failed_precondition` where another process has it
 */
export async function verifyOffline(verification: OfflineVerification): Promise<VerificationReport> {
  const { directory, clock, command, onProgress } = verification;
  if (!hasData(directory)) throw notFound(`data directory ${JSON.stringify(directory)}`);
  const holder = { pid: processId(), startedAt: formatTimestamp(clock.nowMs()), command };
  const lock = lockDataDirectory({ directory, holder });
  try {
    return await verifyDataDirectory({ directory, isLive: false, ...(onProgress && { onProgress }) });
  } finally {
    lock.release();
  }
}

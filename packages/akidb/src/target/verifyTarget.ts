import { type AkiDb, AkiDbError, type VerificationReport } from "@akidb/base";
import type { Cli } from "../cli.ts";
import type { ConnectionFlags } from "./connectionOptions.ts";
import { findTarget } from "./findTarget.ts";

const pollIntervalMs = 200;

/**
 * Verifies what the flags name: through the server that has it open, else file by file in this process, which takes
 * the data directory meanwhile.
 */
export async function verifyTarget(
  cli: Cli,
  flags: ConnectionFlags,
  onProgress: (share: number) => void,
): Promise<VerificationReport> {
  const target = findTarget(cli, { flags, mayCreate: false });
  if (target.kind === "server") return await verifyServer(target.connect(), onProgress);
  const { directory } = target;
  const { verifyOffline } = await import("@akidb/database");
  return await verifyOffline({ directory, clock: cli.clock, command: "akidb verify", onProgress });
}

async function verifyServer(db: AkiDb, onProgress: (share: number) => void): Promise<VerificationReport> {
  const { id } = await db.startVerification();
  for (;;) {
    const { state, stateReason, progress, report } = await db.getVerification(id);
    if (report !== null) return report;
    if (state === "failed") throw new AkiDbError("unavailable", stateReason ?? "the verification failed");
    onProgress(progress);
    await new Promise((resolve) => setTimeout(resolve, pollIntervalMs));
  }
}

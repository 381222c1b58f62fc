import { type AkiDb, AkiDbError, failedPrecondition, isAkiDbError, type Job } from "@akidb/base";
import type { Cli } from "../cli.ts";

const pollIntervalMs = 200;

/** Waits as long as it takes, with a bar on a terminal. @throws AkiDbError where it fails, or somebody has cancelled it */
export async function waitForJob({ terminal }: Cli, db: AkiDb, begun: Job, title: string): Promise<void> {
  const bar = terminal.startBar({ title, total: 100 });
  try {
    for (let job: Job = begun; job.state !== "done"; ) {
      if (job.state === "cancelled") throw failedPrecondition("the job was cancelled");
      if (job.state === "failed") throw new AkiDbError("unavailable", job.stateReason ?? "the job failed");
      const percent = Math.round(100 * job.progress);
      bar?.update(percent, `${percent} %`);
      await new Promise((resolve) => setTimeout(resolve, pollIntervalMs));
      const next = await db.jobs.get(job.id).catch(undefinedIfGone);
      // It has ended before the last start of the server.
      if (next === undefined) return;
      job = next;
    }
  } finally {
    bar?.stop();
  }
}

function undefinedIfGone(error: unknown): undefined {
  if (isAkiDbError(error) && error.code === "not_found") return undefined;
  throw error;
}

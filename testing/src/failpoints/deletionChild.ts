/** The process that is killed while it deletes a tenant. Arguments: the data directory. */
import { open } from "@akidb/database";
import { openJournal } from "./journal.ts";
import { type FailpointSettings, failpointVariable } from "./killPoint.ts";

const [directory] = process.argv.slice(2);
const { journal: path }: FailpointSettings = JSON.parse(process.env[failpointVariable]!);
const journal = openJournal(path);
try {
  const db = await open({ path: directory!, wal: { sync: "never" } });
  let job = await db.tenants.delete("acme");
  while (job.state === "running") {
    await new Promise((resolve) => setTimeout(resolve, 5));
    job = await db.jobs.get(job.id);
  }
  if (job.state === "failed") throw new Error(job.stateReason ?? "the deletion failed");
  await db.close();
  journal({ kind: "end" });
} catch (error) {
  journal({ kind: "error", message: (error as Error).stack ?? String(error) });
  process.exitCode = 1;
}

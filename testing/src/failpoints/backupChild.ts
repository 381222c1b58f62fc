/** The process that is killed while it takes a backup of what it serves. Arguments: a directory with the data and the backups. */
import { join } from "node:path";
import { open } from "@akidb/database";
import { openJournal } from "./journal.ts";
import { type FailpointSettings, failpointVariable } from "./killPoint.ts";

const [root] = process.argv.slice(2);
const { journal: path }: FailpointSettings = JSON.parse(process.env[failpointVariable]!);
const journal = openJournal(path);
try {
  const db = await open({
    path: join(root!, "data"),
    backupTo: join(root!, "backups"),
    wal: { sync: "never" },
  });
  const { id } = await db.startBackup();
  let backup = await db.getBackup(id);
  for (let n = 0; backup.state === "running"; n++) {
    const vector = new Float32Array(16).fill(n + 1);
    await db.collection("a").upsert([{ externalId: `late-${n}`, vector }]);
    await new Promise((resolve) => setTimeout(resolve, 5));
    backup = await db.getBackup(id);
  }
  if (backup.state === "failed") throw new Error(backup.stateReason ?? "the backup failed");
  await db.close();
  journal({ kind: "end" });
} catch (error) {
  journal({ kind: "error", message: (error as Error).stack ?? String(error) });
  process.exitCode = 1;
}

/** The process that starts where another one was killed, and is killed itself on its way back. Arguments: the data directory. */
import { open } from "@akidb/database";
import { openJournal } from "./journal.ts";
import { type FailpointSettings, failpointVariable } from "./killPoint.ts";

const [directory] = process.argv.slice(2);
const { journal: path }: FailpointSettings = JSON.parse(process.env[failpointVariable]!);
const journal = openJournal(path);
try {
  const db = await open({ path: directory!, wal: { sync: "never" } });
  while ((await db.listCollections()).items.some(({ state }) => state === "loading")) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await db.close();
  journal({ kind: "end" });
} catch (error) {
  journal({ kind: "error", message: (error as Error).stack ?? String(error) });
  process.exitCode = 1;
}

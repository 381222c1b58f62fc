/**
 * The process that is killed while it makes a collection cold, brings it back, writes to it, and makes it cold again. Arguments:
 * the data directory.
 */
import { open } from "@akidb/database";
import { openJournal } from "../failpoints/journal.ts";
import { type FailpointSettings, failpointVariable } from "../failpoints/killPoint.ts";

const [directory] = process.argv.slice(2);
const { journal: path }: FailpointSettings = JSON.parse(process.env[failpointVariable]!);
const journal = openJournal(path);
try {
  const db = await open({ path: directory!, wal: { sync: "never" } });
  const docs = db.collection("docs");
  await docs.changeTier("demote_to_cold");
  await docs.get("k1");
  for (const number of [1, 2]) {
    journal({ kind: "begun", number, operation: { kind: "flush" } as never });
    await docs.upsert([{ externalId: `w${number}`, vector: new Float32Array(16).fill(number) }]);
    journal({ kind: "done", number });
    await docs.changeTier("demote_to_cold");
  }
  await docs.changeTier("promote_to_hot");
  await db.close();
  journal({ kind: "end" });
} catch (error) {
  journal({ kind: "error", message: (error as Error).stack ?? String(error) });
  process.exitCode = 1;
}

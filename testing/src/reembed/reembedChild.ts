/**
 * The process that is killed while it re-embeds a collection, and goes back, beside a client that writes. Arguments: the data
 * directory.
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
  let number = 0;
  const write = async (): Promise<void> => {
    number += 1;
    const key = `w${number}`;
    const generations = { [key]: number };
    journal({ kind: "begun", number, operation: { kind: "upsert", collection: "docs", generations } });
    await docs.upsert([{ externalId: key, text: `written while it goes on ${number}` }]);
    journal({ kind: "done", number });
  };
  const untilFlipped = async (): Promise<void> => {
    for (;;) {
      const { state, stateReason } = await docs.reembedding.get();
      if (state === "flipped") return;
      if (state === "paused") throw new Error(stateReason ?? "paused");
      if (number < 40) await write();
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  };
  await docs.reembedding.start({ dimension: 32 });
  await untilFlipped();
  await write();
  await docs.reembedding.rollback();
  await untilFlipped();
  await write();
  await docs.reembedding.cancel();
  await db.close();
  journal({ kind: "end" });
} catch (error) {
  journal({ kind: "error", message: (error as Error).stack ?? String(error) });
  process.exitCode = 1;
}

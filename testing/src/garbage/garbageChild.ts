/** The process that is killed while files of all kinds are in the making. Arguments: the data directory. */
import { open } from "@akidb/database";
import { openJournal } from "../failpoints/journal.ts";
import { type FailpointSettings, failpointVariable } from "../failpoints/killPoint.ts";

const [directory] = process.argv.slice(2);
const { journal: path }: FailpointSettings = JSON.parse(process.env[failpointVariable]!);
const journal = openJournal(path);
try {
  const db = await open({ path: directory!, wal: { sync: "never" } });
  const books = db.collection("books");
  await books.upsert([{ externalId: "later", text: "a text that came later" }]);
  const { id } = await books.createSnapshot({ upload: true });
  await books.restoreSnapshot(id);
  await books.reembedding.start({ dimension: 32 });
  while ((await books.reembedding.get()).state !== "flipped") {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await db.close();
  journal({ kind: "end" });
} catch (error) {
  journal({ kind: "error", message: (error as Error).stack ?? String(error) });
  process.exitCode = 1;
}

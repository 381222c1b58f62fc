/**
 * The process that is killed while its object store fails, and what could not go there is noted, tried again and done: files of the log,
 * a snapshot, and the objects of collections that are deleted. Arguments: the data directory.
 */
import { join } from "node:path";
import { operations } from "@akidb/database";
import { openJournal } from "../failpoints/journal.ts";
import { type FailpointSettings, failpointVariable } from "../failpoints/killPoint.ts";
import { brokenFolder } from "./brokenFolder.ts";
import { call, inspect, openImpatient, sendAll, untilSent } from "./storedWork.ts";

const [directory] = process.argv.slice(2);
const { journal: path }: FailpointSettings = JSON.parse(process.env[failpointVariable]!);
const journal = openJournal(path);
try {
  const store = brokenFolder(join(directory!, "objects"));
  const database = await openImpatient(directory!);
  let number = 0;
  const write = async (): Promise<void> => {
    number += 1;
    const key = `w${number}`;
    const generations = { [key]: number };
    journal({ kind: "begun", number, operation: { kind: "upsert", collection: "docs", generations } });
    const documents = [{ externalId: key, vector: new Float32Array(16).fill(number) }];
    await database.execute(operations.upsertDocuments, { collection: "docs", documents }, call);
    journal({ kind: "done", number });
  };
  const notedOperations = () =>
    inspect(
      database,
      async ({ deadLetters }) => new Set(deadLetters.list({}).items.map((letter) => letter.operation)),
    );

  // Refused at each attempt, which leaves the breaker closed; then as one that is away.
  for (const [code, gone] of [
    ["EACCES", "refused"],
    ["EIO", "away"],
  ] as const) {
    store.break(code);
    await write();
    await sendAll(database);
    await write();
    await database.execute(operations.createSnapshot, { collection: "docs", wait: true }, call);
    await database.execute(operations.deleteCollection, { collection: gone }, call);
    while ((await notedOperations()).size < 3) await sendAll(database);
    store.mend();
    await untilSent(database);
  }
  await database.close();
  journal({ kind: "end" });
} catch (error) {
  journal({ kind: "error", message: (error as Error).stack ?? String(error) });
  process.exitCode = 1;
}

import { noDeadline } from "@akidb/base";
import { type Database, openDatabase, operations, ownProcess } from "@akidb/database";
import type { InspectedContext } from "../chaos/expectedBucket.ts";

export const call = { requestId: "kills", deadline: noDeadline(), caller: ownProcess };

/** One whose attempts, rests and probes take milliseconds. */
export async function openImpatient(directory: string): Promise<Database> {
  const database = await openDatabase({
    directory,
    command: "kills",
    wal: { sync: "never" },
    objectStoreTuning: {
      retry: { attemptsMax: 1 },
      circuit: { restMs: 5, restMsMax: 20 },
      patienceMs: 20,
      deadLetters: { firstRestMs: 5, restMsMax: 20 },
    },
  });
  await database.loaded();
  return database;
}

export const inspect = <T>(database: Database, run: (context: InspectedContext) => Promise<T>): Promise<T> =>
  database.execute<object, T>({ ...operations.getGauges, name: "inspect", run }, {}, call);

/** What is done each minute. */
export const sendAll = (database: Database): Promise<void> =>
  inspect(database, async ({ collections, snapshots }) => {
    await collections.archiveLogs();
    await snapshots.uploadAllWanted(collections.records());
    await collections.deletions.finishAll();
  });

/** @throws where the queue is not empty after a while */
export async function untilSent(database: Database): Promise<void> {
  for (let tries = 0; tries < 2_000; tries++) {
    const isDone = await inspect(database, async ({ deadLetters, circuit }) => {
      await deadLetters.runDue();
      return circuit.state === "closed" && deadLetters.size === 0;
    });
    if (isDone) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error("the queue does not get empty");
}

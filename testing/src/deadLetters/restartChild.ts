/** The process that goes on where another one was killed, and is killed itself. Arguments: the data directory. */
import { openJournal } from "../failpoints/journal.ts";
import { type FailpointSettings, failpointVariable } from "../failpoints/killPoint.ts";
import { openImpatient, sendAll, untilSent } from "./storedWork.ts";

const [directory] = process.argv.slice(2);
const { journal: path }: FailpointSettings = JSON.parse(process.env[failpointVariable]!);
const journal = openJournal(path);
try {
  const database = await openImpatient(directory!);
  await untilSent(database);
  await sendAll(database);
  await database.close();
  journal({ kind: "end" });
} catch (error) {
  journal({ kind: "error", message: (error as Error).stack ?? String(error) });
  process.exitCode = 1;
}

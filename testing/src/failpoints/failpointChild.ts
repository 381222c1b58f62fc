/** The process that is killed: one history on a data directory. Arguments: directory, seed, first generation. */

import { runHistory } from "./history.ts";
import { openJournal } from "./journal.ts";
import { type FailpointSettings, failpointVariable } from "./killPoint.ts";

const [directory, seed, firstGeneration] = process.argv.slice(2);
const { journal: path }: FailpointSettings = JSON.parse(process.env[failpointVariable]!);
const journal = openJournal(path);
try {
  await runHistory({
    directory: directory!,
    seed: Number(seed),
    firstGeneration: Number(firstGeneration),
    journal,
  });
} catch (error) {
  journal({ kind: "error", message: (error as Error).stack ?? String(error) });
  process.exitCode = 1;
}

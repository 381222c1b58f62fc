/** `npm run test:crash -- --rounds 50 --seed 1`: kill -9 under concurrent writes; fails if anything was lost. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runCrashRounds } from "./crashRounds.ts";

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "50" }, seed: { type: "string", default: "1" } },
});
const rounds = Number(values.rounds);
const seed = Number(values.seed);
const directory = mkdtempSync(join(tmpdir(), "akidb-crash-"));
console.log(`${rounds} rounds of kill -9, seed ${seed}`);
const report = await runCrashRounds({
  directory,
  rounds,
  seed,
  onRound: ({ round, killedAfterMs, acknowledged, verified, startMs }) => {
    console.log(
      `round ${round}: killed after ${killedAfterMs} ms and ${acknowledged} acknowledged writes; ` +
        `up again in ${Math.round(startMs)} ms, ${verified} documents as they should be`,
    );
  },
});
const { acknowledged, verified, startMsMax, losses } = report;
for (const loss of losses) console.error(`LOST: ${loss}`);
console.log(
  `${acknowledged} acknowledged writes, ${verified} checks, ${losses.length} losses; ` +
    `slowest start ${Math.round(startMsMax)} ms`,
);
if (losses.length > 0) {
  console.error(`the data directory is kept in ${directory}`);
  process.exitCode = 1;
} else {
  rmSync(directory, { recursive: true });
}

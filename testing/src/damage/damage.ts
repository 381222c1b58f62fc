/** `npm run test:damage -- --rounds 200 --seed 1`: harms one file after the other; fails if anything is silently wrong. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runDamageRounds } from "./damageRounds.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "200" },
    seed: { type: "string", default: "1" },
    // Of files of these kinds alone, such as "dead letters".
    kinds: { type: "string", default: "" },
  },
});
const rounds = Number(values.rounds);
const seed = Number(values.seed);
const directory = mkdtempSync(join(tmpdir(), "akidb-damage-"));
console.log(`${rounds} damaged files, seed ${seed}`);
const { faults, rounds: done } = await runDamageRounds({
  directory,
  rounds,
  seed,
  only: new RegExp(values.kinds),
  onRound: ({ round, file, harm, outcome }) => console.log(`round ${round}: ${file}, ${harm}: ${outcome}`),
});
for (const fault of faults) console.error(`FAULT: ${fault}`);
console.log(`${done.length} files damaged, ${faults.length} faults`);
rmSync(directory, { recursive: true });
if (faults.length > 0) process.exitCode = 1;

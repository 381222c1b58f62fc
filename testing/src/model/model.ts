/** `npm run test:model -- --seconds 600 --seed 1`: a collection against a Map; fails at the first difference. */

import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Quantization, quantizations } from "@akidb/base";
import { type ModelReport, runModel } from "./modelRun.ts";
import type { ModelStep } from "./modelStep.ts";
import { type ModelFixture, replayModel, shrinkSteps } from "./replayModel.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "600" },
    seed: { type: "string", default: "1" },
    quantization: { type: "string", default: "int8" },
  },
});
const quantization = quantizations.find((name) => name === values.quantization);
if (quantization === undefined) {
  console.error(`model: --quantization must be one of ${quantizations.join(", ")}`);
  process.exit(1);
}
const seed = Number(values.seed);
console.log(`a collection against a Map for ${values.seconds} s, ${quantization}, seed ${seed}`);
const print = (report: ModelReport) =>
  console.log(
    `${report.writes} writes, ${report.chunked} documents in chunks, ${report.patches} patches, ${report.searches} searches with recall@10 ${report.recallAt10.toFixed(4)}, ` +
      `${report.exactSearches} exact ones, ${report.compactions} compactions, ${report.checkpoints} checkpoints, ` +
      `${report.reopenings} reopenings, ${report.inPlace} in place, ${report.crashes} crashes, ${report.snapshots} snapshots, ` +
      `${report.restores} restored, ${report.clones} cloned`,
  );

const report = await runModel({
  seed,
  quantization,
  durationMs: Number(values.seconds) * 1_000,
  onProgress: print,
});
print(report);
for (const fault of report.faults) console.error(`FAULT: ${fault}`);
if (report.faults.length > 0) await keepHistory(report, quantization);
if (report.faults.length > 0 || report.recallAt10 < 0.95) process.exitCode = 1;

/** As small as it gets in a few minutes; the suite replays it from then on. */
async function keepHistory({ faults, steps }: ModelReport, quantization: Quantization): Promise<void> {
  const fails = async (part: readonly ModelStep[]) =>
    (await replayModel({ quantization, steps: part })).length > 0;
  const isSteady = await fails(steps);
  const kept = isSteady ? await shrinkSteps(steps, fails, 100) : steps;
  const fixture: ModelFixture = { about: `seed ${seed}: ${faults[0]}`, quantization, steps: kept };
  const path = fileURLToPath(new URL(`../../src/model/fixtures/seed${seed}.json`, import.meta.url));
  writeFileSync(path, JSON.stringify(fixture));
  const steadiness = isSteady ? "fails again when it is replayed" : "does not fail again when it is replayed";
  console.error(`its ${kept.length} steps are in ${path}; the history ${steadiness}`);
}

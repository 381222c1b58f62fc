/** `npm run test:model -- --seconds 600 --seed 1`: a collection against a Map; fails at the first difference. */
import { parseArgs } from "node:util";
import { quantizations } from "@akidb/base";
import { runModel } from "./modelRun.ts";

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
const print = ({ writes, searches, exactSearches, reopenings, compactions, recallAt10 }: Report) =>
  console.log(
    `${writes} writes, ${searches} searches with recall@10 ${recallAt10.toFixed(4)}, ` +
      `${exactSearches} exact ones, ${compactions} compactions, ${reopenings} reopenings`,
  );
type Report = Awaited<ReturnType<typeof runModel>>;

const report = await runModel({
  seed,
  quantization,
  durationMs: Number(values.seconds) * 1_000,
  onProgress: print,
});
print(report);
for (const fault of report.faults) console.error(`FAULT: ${fault}`);
if (report.faults.length > 0 || report.recallAt10 < 0.95) process.exitCode = 1;

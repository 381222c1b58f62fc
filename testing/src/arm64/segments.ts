/**
 * `node testing/dist/arm64/segments.js write DIR | read DIR | compare DIR DIR`: the steps by which `npm run test:arm64`
 * holds two processors against each other; fails if anything is not as it should be.
 */
import { differingFiles } from "./differingFiles.ts";
import { type FileReport, readSegmentFiles, writeSegmentFiles } from "./segmentFiles.ts";

const rowCount = 2_000;

const [step, directory, other] = process.argv.slice(2);
if (directory === undefined) throw new Error("name a step and a directory");
switch (step) {
  case "write":
    report(await writeSegmentFiles({ directory, rowCount }));
    break;
  case "read":
    report(await readSegmentFiles({ directory, rowCount }));
    break;
  case "compare": {
    if (other === undefined) throw new Error("name the directory to compare with");
    const names = differingFiles(directory, other);
    for (const name of names) console.error(`DIFFERS: ${name}`);
    if (names.length > 0) process.exitCode = 1;
    else console.log("every checkpoint and every answer is the same, byte for byte");
    break;
  }
  default:
    throw new Error(`there is no step ${step}`);
}

function report(reports: readonly FileReport[]): void {
  console.log(`${process.arch}: ${step} ${reports.length} segments of ${rowCount} rows`);
  for (const { name, recallAt10, faults } of reports) {
    console.log(`  ${name}: recall@10 ${recallAt10.toFixed(3)}`);
    for (const fault of faults) console.error(`  WRONG: ${name} has ${fault}`);
    if (faults.length > 0) process.exitCode = 1;
  }
}

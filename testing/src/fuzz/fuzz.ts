/**
 * `npm run test:fuzz -- --seconds 600 --seed 1`: odd requests to every route of a server in a process of its own; fails at
 * internal errors and at requests that are not answered.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startServerProcess } from "../serverProcess.ts";
import { type FuzzReport, fuzzApi } from "./fuzzApi.ts";

const { values } = parseArgs({
  options: { seconds: { type: "string", default: "600" }, seed: { type: "string", default: "1" } },
});
const seed = Number(values.seed);
const durationMs = Number(values.seconds) * 1_000;
if (!Number.isSafeInteger(seed) || !(durationMs > 0)) {
  console.error("fuzz: --seconds must be a number above 0 and --seed a whole number");
  process.exit(2);
}
const print = ({ requestCount, acceptedCount, routesAsked, routeCount, faults }: FuzzReport) =>
  console.log(
    `${requestCount} requests to ${routesAsked} of ${routeCount} routes, ${acceptedCount} accepted, ${faults.length} faults`,
  );

console.log(`every route of the API for ${values.seconds} s, seed ${seed}`);
const directory = mkdtempSync(join(tmpdir(), "akidb-fuzz-"));
const server = await startServerProcess(directory);
const startMs = performance.now();
let printedMs = startMs;
const report = await fuzzApi({
  url: server.url,
  seed,
  goesOn: () => performance.now() - startMs < durationMs,
  onRound: (soFar) => {
    if (performance.now() - printedMs < 10_000) return;
    printedMs = performance.now();
    print(soFar);
  },
});
const exitCode = await server.stop();
rmSync(directory, { recursive: true });
print(report);
for (const fault of report.faults) console.error(`FAULT: ${fault}`);
if (exitCode !== 0) console.error(`FAULT: the server ended with ${exitCode}`);
if (report.faults.length > 0 || exitCode !== 0) process.exitCode = 1;

/**
 * `npm run test:chaos -- 2 --seconds 60 --seed 1`: one of the chaos scenarios. 1: kill -9 under writes; 2: the object store away and
 * its network broken; 4: a full disk; 6: damaged files. Fails if anything was lost, or was wrong.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { allNetworkFaults } from "./allNetworkFaults.ts";
import { type EverythingRound, runEverythingAtOnce } from "./everythingAtOnce.ts";
import type { Latencies, LoadSample } from "./hotLoad.ts";
import { runLongOutage } from "./longOutage.ts";
import { runOutage } from "./outage.ts";
import { runStarvation } from "./starvation.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: "string", default: "80" },
    seed: { type: "string", default: "1" },
    // 2: the store alone is away for so long, before a server under load.
    "away-seconds": { type: "string" },
  },
});
const faultsShownMax = 20;
const everythingRoundSeconds = 15;
const [scenario = ""] = positionals;
const seed = Number(values.seed);

switch (scenario) {
  case "1":
    process.exitCode = run("../crash/crash.js", "--rounds", "20", "--seed", values.seed);
    break;
  case "2":
    await (values["away-seconds"] === undefined ? breakNetwork() : loseStore(values["away-seconds"]));
    break;
  case "3":
    await starve();
    break;
  case "4":
    process.exitCode = fillDisk();
    break;
  case "5":
    await breakEverything();
    break;
  case "6":
    process.exitCode = run("../damage/damage.js", "--rounds", "100", "--seed", values.seed);
    break;
  default:
    console.error("which scenario? npm run test:chaos -- 1|2|3|4|5|6 [--seconds N] [--seed N]");
    process.exitCode = 2;
}

/** @returns its exit status */
function run(program: string, ...args: readonly string[]): number {
  const path = fileURLToPath(new URL(program, import.meta.url));
  return spawnSync(process.execPath, [path, ...args], { stdio: "inherit" }).status ?? 1;
}

/** On a file system of its own in memory: needs Linux and user namespaces. */
function fillDisk(): number {
  const child = fileURLToPath(new URL("../diskFull/fillDisk.js", import.meta.url));
  const command = `mount -t tmpfs -o size=8m tmpfs /mnt && exec "${process.execPath}" "${child}" /mnt`;
  const { status, stdout } = spawnSync("unshare", ["-Ur", "-m", "sh", "-c", command], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (status !== 0) return status ?? 1;
  const result = JSON.parse(stdout) as {
    readonly lost: readonly string[];
    readonly reappeared: readonly string[];
  };
  console.log(result);
  return result.lost.length + result.reappeared.length > 0 ? 1 : 0;
}

async function breakNetwork(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "akidb-chaos-"));
  console.log(`the object store's network fails in ${allNetworkFaults.length} ways, seed ${seed}`);
  const report = await runOutage({
    directory,
    seed,
    faults: allNetworkFaults,
    durationMs: (1_000 * Number(values.seconds)) / allNetworkFaults.length,
    drainMsMax: 180_000,
    onPhase: ({ fault, writes, circuit, deadLetters }) =>
      console.log(`${fault}: ${writes} writes, breaker ${circuit}, ${deadLetters} dead letters`),
  });
  console.log(
    `${report.writes} writes and ${report.searches} searches, slowest step ${Math.round(report.slowestMs)} ms; ` +
      `breaker opened ${report.openings} times, up to ${report.deadLettersMax} dead letters, ${report.restarts} restarts; ` +
      `drained ${(report.drainedMs / 1_000).toFixed(1)} s after the network was whole; ${report.objects} objects as they should be, ` +
      `${report.unnamedPacks} packs and ${report.surplusObjects} objects besides, for akidb gc; ${report.faults.length} faults`,
  );
  endWith(directory, report.faults);
}

async function starve(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "akidb-chaos-"));
  console.log(`a server gets a tenth of a core, seed ${seed}`);
  const report = await runStarvation({
    ...{ directory, seed, wholeMs: 10_000, starvedMs: 1_000 * Number(values.seconds) },
    ...{ share: 0.1, collectionCount: 4, pauseMs: 20 },
  });
  console.log(
    `with all that there is: ${describedLoad(report.whole)}\n` +
      `with ${(100 * report.usedShare).toFixed(1)} % of a core: ${describedLoad(report.starved)}\n` +
      `${report.refusedCount} answers that were errors; ended in order; ` +
      `${report.verified} documents as they should be after the restart; ${report.faults.length} faults`,
  );
  endWith(directory, report.faults);
}

async function breakEverything(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "akidb-chaos-"));
  const rounds = Math.max(1, Math.round(Number(values.seconds) / everythingRoundSeconds));
  console.log(`process, store and metadata are killed ${rounds} times, seed ${seed}`);
  const report = await runEverythingAtOnce({
    ...{ directory, seed, rounds, aliveMsMax: 6_000, awayMsMax: 12_000, wholeMsMax: 60_000 },
    ...{ collectionCount: 4, pauseMs: 5 },
    onRound: ({ round, startMs, storeBackMs, wholeMs, verified }) =>
      console.log(
        `round ${round}: up again in ${seconds(startMs)}, store back ${seconds(storeBackMs)} after the kill, ` +
          `whole ${seconds(wholeMs)} after it, ${verified} documents as they should be`,
      ),
  });
  const total = (count: (round: EverythingRound) => number): number =>
    report.rounds.reduce((sum, round) => sum + count(round), 0);
  console.log(
    `${total(({ writes }) => writes)} writes, ${total(({ reads }) => reads)} reads, ` +
      `${report.metadataChanges} changes of metadata; ` +
      `slowest to be whole ${seconds(Math.max(...report.rounds.map(({ wholeMs }) => wholeMs)))}; ` +
      `${report.objects} objects, ${report.surplusObjects} of them left for akidb gc; ${report.faults.length} faults`,
  );
  endWith(directory, report.faults);
}

async function loseStore(awaySeconds: string): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "akidb-chaos-"));
  console.log(`the object store is away for ${awaySeconds} s, seed ${seed}`);
  const report = await runLongOutage({
    ...{ directory, seed, awayMs: 1_000 * Number(awaySeconds), wholeMs: 20_000 },
    ...{ collectionCount: 8, pauseMs: 20, drainMsMax: 600_000 },
    onPhase: ({ name, load }) => console.log(`${name}: ${describedLoad(load)}`),
  });
  const transitions = report.transitions.map(({ afterMs, circuit }) => `${circuit} ${seconds(afterMs)}`);
  console.log(
    `breaker since the start: ${transitions.join(", ")}\n` +
      `/ready: ${[...report.readiness].map(([answer, count]) => `${answer} ${count} times`).join(", ")}\n` +
      `up to ${report.deadLettersMax} dead letters; at the end of the outage ${JSON.stringify(report.lettersByOperation)}\n` +
      `drained ${seconds(report.drainedMs)} after the store's return; ${report.snapshots} snapshots, ${report.deletions} deletions; ` +
      `${report.refusedCount} answers that were errors\n` +
      `${report.verified} documents as they should be after a restart; ${report.objects} objects in the bucket, compared one by one, ` +
      `${report.unnamedPacks} packs besides; ${report.faults.length} faults`,
  );
  endWith(directory, report.faults);
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

function describedLoad({ writes, reads }: LoadSample): string {
  return `writes ${described(writes)}; reads ${described(reads)}`;
}

function described({ count, p50Ms, p95Ms, maxMs }: Latencies): string {
  return `${count}, P50 ${p50Ms.toFixed(1)} ms, P95 ${p95Ms.toFixed(1)} ms, slowest ${maxMs.toFixed(0)} ms`;
}

/** Keeps the data where something is wrong. */
function endWith(directory: string, faults: readonly string[]): void {
  for (const fault of faults.slice(0, faultsShownMax)) console.error(`FAULT: ${fault}`);
  if (faults.length > 0) {
    console.error(`the data directory is kept in ${directory}`);
    process.exitCode = 1;
  } else {
    rmSync(directory, { recursive: true });
  }
}

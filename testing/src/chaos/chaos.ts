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
import { runOutage } from "./outage.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: "string", default: "80" }, seed: { type: "string", default: "1" } },
});
const [scenario = ""] = positionals;
const seed = Number(values.seed);

switch (scenario) {
  case "1":
    process.exitCode = run("../crash/crash.js", "--rounds", "20", "--seed", values.seed);
    break;
  case "2":
    await loseStore();
    break;
  case "4":
    process.exitCode = fillDisk();
    break;
  case "6":
    process.exitCode = run("../damage/damage.js", "--rounds", "100", "--seed", values.seed);
    break;
  default:
    console.error("which scenario? npm run test:chaos -- 1|2|4|6 [--seconds N] [--seed N]");
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

async function loseStore(): Promise<void> {
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
  for (const fault of report.faults) console.error(`FAULT: ${fault}`);
  console.log(
    `${report.writes} writes and ${report.searches} searches, slowest step ${Math.round(report.slowestMs)} ms; ` +
      `breaker opened ${report.openings} times, up to ${report.deadLettersMax} dead letters, ${report.restarts} restarts; ` +
      `drained ${(report.drainedMs / 1_000).toFixed(1)} s after the network was whole; ${report.objects} objects as they should be, ` +
      `${report.unnamedPacks} packs besides; ${report.faults.length} faults`,
  );
  if (report.faults.length > 0) {
    console.error(`the data directory is kept in ${directory}`);
    process.exitCode = 1;
  } else {
    rmSync(directory, { recursive: true });
  }
}

/**
 * `npm run test:crash -- --rounds 50 --seed 1`: kill -9 of a server under concurrent writes; with `--failpoints`, of a
 * database at each point where it touches its files. Fails if anything was lost.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type PointReport, runFailpointRounds } from "../failpoints/failpointRounds.ts";
import { runCrashRounds } from "./crashRounds.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "50" },
    seed: { type: "string", default: "1" },
    failpoints: { type: "boolean", default: false },
    // With failpoints: the rounds end by then, and are of points whose names this expression finds.
    seconds: { type: "string", default: "Infinity" },
    points: { type: "string", default: "" },
  },
});
const rounds = Number(values.rounds);
const seed = Number(values.seed);
const directory = mkdtempSync(join(tmpdir(), "akidb-crash-"));

const losses = values.failpoints ? await killAtPoints() : await killServers();
for (const loss of losses) console.error(`LOST: ${loss}`);
if (losses.length > 0) {
  console.error(`the data directory is kept in ${directory}`);
  process.exitCode = 1;
} else {
  rmSync(directory, { recursive: true });
}

async function killServers(): Promise<readonly string[]> {
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
  const { acknowledged, verified, startMsMax } = report;
  console.log(
    `${acknowledged} acknowledged writes, ${verified} checks, ${report.losses.length} losses; ` +
      `slowest start ${Math.round(startMsMax)} ms\n` +
      `${report.checkpoints} checkpoints, ${report.compactions} compactions, ` +
      `${report.snapshots} snapshots, ${report.restores} restored, ${report.clones} cloned`,
  );
  return report.losses;
}

async function killAtPoints(): Promise<readonly string[]> {
  console.log(`${rounds} processes, each killed at a point of its own, seed ${seed}`);
  const report = await runFailpointRounds({
    directory,
    rounds,
    durationMs: Number(values.seconds) * 1_000,
    seed,
    only: (point) => new RegExp(values.points).test(point),
    onRound: ({ round, kill, wasKilled }) => {
      if (kill === undefined) return;
      const { moment, point, occurrence } = kill;
      console.log(
        `round ${round}: ${wasKilled ? "killed" : "missed"} ${moment} ${point}, time ${occurrence}`,
      );
    },
  });
  console.log("\n   passed  before  during   after  point");
  for (const { point, passed, kills } of report.points) {
    const counts = [passed, kills.before, kills.during, kills.after];
    console.log(`${counts.map((count) => String(count).padStart(8)).join("")}  ${point}`);
  }
  const isHit = ({ kills }: PointReport) => Object.values(kills).some((count) => count > 0);
  const moments = report.points.flatMap(({ kills }) => Object.values(kills));
  console.log(
    `${report.kills} kills at ${report.points.filter(isHit).length} of ${report.points.length} points, ` +
      `${moments.filter((count) => count > 0).length} of ${moments.length} moments, ${report.acknowledged} acknowledged writes, ${report.compactions} compactions, ` +
      `${report.checks} checks, ${report.losses.length} losses`,
  );
  return report.losses;
}

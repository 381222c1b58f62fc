/**
 * `npm run test:crash -- --rounds 50 --seed 1`: kill -9 of a server under concurrent writes; with `--failpoints`, of a
 * database at each point where it touches its files; with `--migration`, at each where it takes data of an older version
 * over; with `--dead-letters`, at each where it notes, tries again and does what could not go to its object store; with
 * `--garbage`, at each where files are in the making, and what is left is looked for. Fails if anything was lost.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { builtUrl } from "../builtUrl.ts";
import { checkAfterwards, deadLetterProgram, prepare } from "../deadLetters/deadLetterKills.ts";
import { type PointReport, runFailpointRounds } from "../failpoints/failpointRounds.ts";
import { killEverywhere, killFigures } from "../failpoints/killEverywhere.ts";
import type { KillMoment } from "../failpoints/killPoint.ts";
import { runMigrationRounds } from "../failpoints/migrationRounds.ts";
import * as garbage from "../garbage/garbageKills.ts";
import { goldenDirectories } from "../golden/goldenFiles.ts";
import { runCrashRounds } from "./crashRounds.ts";

const { values } = parseArgs({
  options: {
    // 50 if absent; of migrations, as many as there are moments to be killed at.
    rounds: { type: "string" },
    seed: { type: "string", default: "1" },
    // Where the data are: a process that is killed leaves the same on a disk in memory.
    directory: { type: "string", default: tmpdir() },
    failpoints: { type: "boolean", default: false },
    migration: { type: "boolean", default: false },
    "dead-letters": { type: "boolean", default: false },
    garbage: { type: "boolean", default: false },
    // With failpoints and migration: the rounds end by then, and are of points whose names this expression finds.
    seconds: { type: "string", default: "Infinity" },
    // Of dead letters: those of the queue and of the store, if absent.
    points: { type: "string" },
  },
});
const rounds = Number(values.rounds ?? 50);
const seed = Number(values.seed);
const directory = mkdtempSync(join(values.directory, "akidb-crash-"));

const pointHeads = "   passed  before  during   after";

const losses = await findLosses();
for (const loss of losses) console.error(`LOST: ${loss}`);
if (losses.length > 0) {
  console.error(`the data directory is kept in ${directory}`);
  process.exitCode = 1;
} else {
  rmSync(directory, { recursive: true });
}

function findLosses(): Promise<readonly string[]> {
  if (values.migration) return killMigrations();
  if (values["dead-letters"]) return killDeadLetters();
  if (values.garbage) return leaveGarbage();
  return values.failpoints ? killAtPoints() : killServers();
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
      `${report.snapshots} snapshots, ${report.restores} restored, ${report.clones} cloned, ` +
      `${report.chunked} documents in chunks`,
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
    only: (point) => new RegExp(values.points ?? "").test(point),
    onRound: ({ round, kill, wasKilled }) => {
      if (kill === undefined) return;
      const { moment, point, occurrence } = kill;
      console.log(
        `round ${round}: ${wasKilled ? "killed" : "missed"} ${moment} ${point}, time ${occurrence}`,
      );
    },
  });
  console.log(`\n${pointHeads}  point`);
  for (const { point, passed, kills } of report.points)
    console.log(`${pointCounts(passed, kills)}  ${point}`);
  const isHit = ({ kills }: PointReport) => Object.values(kills).some((count) => count > 0);
  const moments = report.points.flatMap(({ kills }) => Object.values(kills));
  console.log(
    `${report.kills} kills at ${report.points.filter(isHit).length} of ${report.points.length} points, ` +
      `${moments.filter((count) => count > 0).length} of ${moments.length} moments, ${report.acknowledged} acknowledged writes, ` +
      `${report.patchedDocuments} documents patched, ${report.chunkedDocuments} in chunks, ${report.compactions} compactions, ` +
      `${report.checks} checks, ${report.losses.length} losses`,
  );
  return report.losses;
}

async function killDeadLetters(): Promise<readonly string[]> {
  console.log(`processes whose object store fails, each killed at a point of its own, seed ${seed}`);
  await prepare(directory);
  const report = await killEverywhere({
    history: { program: deadLetterProgram, root: directory },
    restart: builtUrl(import.meta.url, "../deadLetters/restartChild.js"),
    check: checkAfterwards,
    only: new RegExp(values.points ?? "dlq|objects"),
    seed,
    say: console.log,
  });
  for (const line of killFigures(report)) console.log(line);
  return report.problems;
}

async function leaveGarbage(): Promise<readonly string[]> {
  console.log(
    `processes that are killed each at a point of its own, and what they leave is removed, seed ${seed}`,
  );
  await garbage.prepare(directory);
  const report = await killEverywhere({
    history: { program: garbage.garbageProgram, root: directory },
    check: async (run) => void (await garbage.checkAfterwards(run)),
    only: new RegExp(values.points ?? ""),
    seed,
    say: console.log,
  });
  for (const line of killFigures(report)) console.log(line);
  return report.problems;
}

async function killMigrations(): Promise<readonly string[]> {
  console.log(
    `processes that take over data of older versions, each killed at a point of its own, seed ${seed}`,
  );
  const report = await runMigrationRounds({
    directory,
    ...(values.rounds !== undefined && { rounds }),
    durationMs: Number(values.seconds) * 1_000,
    seed,
    from: goldenDirectories,
    only: (point) => new RegExp(values.points ?? "").test(point),
    onRound: ({ round, source, kills }) => {
      const described = kills.map(
        ({ wasKilled, moment, point, occurrence }) =>
          `${wasKilled ? "killed" : "missed"} ${moment} ${point}, time ${occurrence}`,
      );
      console.log(`round ${round}, data of ${source}: ${described.join("; then ")}`);
    },
  });
  console.log(`\n${pointHeads}  data, point`);
  for (const { source, point, count, kills } of report.points) {
    console.log(`${pointCounts(count, kills)}  ${source}, ${point}`);
  }
  const moments = report.points.flatMap(({ kills }) => Object.values(kills));
  console.log(
    `${report.rounds} data directories, ${report.kills} kills at ${moments.filter((count) => count > 0).length} of ` +
      `${moments.length} moments of ${report.points.length} points, ${report.losses.length} losses`,
  );
  return report.losses;
}

function pointCounts(
  passed: number,
  { before, during, after }: Readonly<Record<KillMoment, number>>,
): string {
  return [passed, before, during, after].map((count) => String(count).padStart(8)).join("");
}

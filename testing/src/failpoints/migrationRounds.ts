import { rmSync } from "node:fs";
import { join } from "node:path";
import { isAkiDbError, SeededRandom } from "@akidb/base";
import { type LogEvent, open } from "@akidb/database";
import { builtUrl } from "../builtUrl.ts";
import { checkGoldenData } from "../golden/checkGoldenData.ts";
import { goldenOptions } from "../golden/goldenData.ts";
import { copyGoldenFiles, type GoldenEnd, goldenDirectory } from "../golden/goldenFiles.ts";
import { type KillMoment, type KillPoint, killMoments } from "./killPoint.ts";
import { migratedCollections, passingDocument } from "./passingDocument.ts";
import { runFailpointProcess } from "./runFailpointProcess.ts";

export interface MigrationOptions {
  /** An empty directory: data directories and the journal lie in it. */
  readonly directory: string;
  /** Data directories that are taken over while processes are killed; all moments of all points if absent. */
  readonly rounds?: number;
  /** Not one more is begun behind it. */
  readonly durationMs?: number;
  readonly seed: number;
  /** Golden data directories. */
  readonly from: readonly (readonly [version: number, end: GoldenEnd])[];
  /** The only points to be killed at; all if absent. */
  readonly only?: (point: string) => boolean;
  /** Runs after each kill: what a worse crash would do to the files. */
  readonly afterKill?: (dataDirectory: string) => void;
  readonly onRound?: (round: MigrationRound) => void;
}

export interface MigrationRound {
  readonly round: number;
  /** What was taken over: `1 closed`. */
  readonly source: string;
  /** One process after the other. */
  readonly kills: readonly (KillPoint & { readonly wasKilled: boolean })[];
}

export interface MigrationReport {
  readonly rounds: number;
  readonly kills: number;
  readonly points: readonly MigrationPoint[];
  /** What was wrong; empty if nothing was lost. */
  readonly losses: readonly string[];
}

export interface MigrationPoint {
  readonly source: string;
  readonly point: string;
  /** Times that one thread of a process comes by that is not killed. */
  readonly count: number;
  readonly kills: Record<KillMoment, number>;
}

interface Target {
  readonly moment: KillMoment;
  readonly at: MigrationPoint;
  readonly golden: string;
}

const child = builtUrl(import.meta.url, "./migrationChild.js");
const delayMicrosecondsMax = 400;
/** Of so many rounds, one kills the process that goes on, too. */
const roundsPerSecondKill = 3;

/**
 * Copies data of older versions, kills processes that take them over, before, during and after each point that they pass,
 * and opens what they leave: all must be what it was, and be found.
 */
export async function runMigrationRounds(options: MigrationOptions): Promise<MigrationReport> {
  const { directory, seed, from, durationMs = Number.POSITIVE_INFINITY, onRound = () => {} } = options;
  const { only = () => true, afterKill = () => {} } = options;
  const random = new SeededRandom(seed);
  const endMs = performance.now() + durationMs;
  const journal = join(directory, "journal");
  const root = join(directory, "data");
  const targets: Target[] = [];
  const losses: string[] = [];

  const takeOver = async (kill?: KillPoint) => {
    const settings = { root, journal, ...(kill !== undefined && { kill }) };
    const { lines, end } = await runFailpointProcess(child, [root], settings);
    for (const line of lines) if (line.kind === "error") losses.push(line.message);
    const wasKilled = lines.some(({ kind }) => kind === "killed");
    if (!wasKilled && lines.at(-1)?.kind !== "end") losses.push(`a process ended by itself: ${end}`);
    if (wasKilled) afterKill(root);
    return { wasKilled, passed: lines.filter((line) => line.kind === "point") };
  };

  for (const [version, end] of from) {
    const source = `${version} ${end}`;
    const golden = goldenDirectory(version, end);
    copyGoldenFiles(golden, root);
    const { passed } = await takeOver();
    rmSync(root, { recursive: true });
    for (const point of new Set(passed.map((line) => line.point))) {
      const count = Math.max(
        ...passed.filter((line) => line.point === point).map(({ occurrence }) => occurrence),
      );
      const at = { source, point, count, kills: { before: 0, during: 0, after: 0 } };
      targets.push(...killMoments.map((moment) => ({ moment, at, golden })));
    }
  }

  const killAt = ({ moment, at: { point, count } }: Target): KillPoint => ({
    point,
    moment,
    occurrence: 1 + random.nextInt(count),
    delayMicroseconds: random.nextInt(delayMicrosecondsMax),
  });
  const order = eachMomentFirst(
    shuffled(
      targets.filter(({ at }) => only(at.point)),
      random,
    ),
  );
  let round = 0;
  for (const target of order.slice(0, options.rounds)) {
    if (losses.length > 0 || performance.now() > endMs) break;
    const { source } = target.at;
    copyGoldenFiles(target.golden, root);
    const kills: MigrationRound["kills"][number][] = [];
    const ofSource = order.filter(({ at }) => at.source === source);
    const next = ofSource[random.nextInt(ofSource.length)]!;
    for (const one of round % roundsPerSecondKill === 0 ? [target, next] : [target]) {
      const kill = killAt(one);
      const { wasKilled } = await takeOver(kill);
      kills.push({ ...kill, wasKilled });
      if (wasKilled) one.at.kills[one.moment] += 1;
    }
    losses.push(...(await findLosses(root)));
    if (losses.length > 0) losses.push(`data of ${source}: ${JSON.stringify(kills)}`);
    else rmSync(root, { recursive: true });
    round += 1;
    onRound({ round, source, kills });
  }
  const points = [...new Set(targets.map(({ at }) => at))];
  const kills = points.flatMap((point) => Object.values(point.kills)).reduce((sum, count) => sum + count, 0);
  return { rounds: round, kills, points, losses };
}

/** Nothing else may be told: that something was damaged, or made good from another file. */
const expectedEvents: ReadonlySet<LogEvent["kind"]> = new Set(["collection_opened", "torn_tail_dropped"]);

async function findLosses(directory: string): Promise<readonly string[]> {
  const losses: string[] = [];
  const log = (event: LogEvent) => {
    if (!expectedEvents.has(event.kind)) losses.push(JSON.stringify(event));
  };
  try {
    const db = await open({ path: directory, ...goldenOptions, log });
    try {
      for (const name of migratedCollections) {
        await db.collection(name).delete(passingDocument.externalId).catch(ignoreMissing);
      }
      await checkGoldenData(db);
    } finally {
      await db.close();
    }
  } catch (error) {
    losses.push((error as Error).stack ?? String(error));
  }
  return losses;
}

function ignoreMissing(error: unknown): void {
  if (!isAkiDbError(error) || error.code !== "not_found") throw error;
}

/** Of one source after the other, so that a run that ends early has been everywhere. */
function eachMomentFirst(targets: readonly Target[]): readonly Target[] {
  const seen = new Map<string, number>();
  const ranked = targets.map((target) => {
    const name = `${target.moment} ${target.at.point}`;
    const rank = seen.get(name) ?? 0;
    seen.set(name, rank + 1);
    return { target, rank };
  });
  return ranked.sort((a, b) => a.rank - b.rank).map(({ target }) => target);
}

function shuffled<Item>(items: readonly Item[], random: SeededRandom): readonly Item[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = random.nextInt(i + 1);
    [result[i], result[j]] = [result[j]!, result[i]!];
  }
  return result;
}

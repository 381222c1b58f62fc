import { rmSync } from "node:fs";
import { join } from "node:path";
import { SeededRandom } from "@akidb/base";
import { builtUrl } from "../builtUrl.ts";
import type { JournalLine } from "./journal.ts";
import { type FailpointSettings, type KillMoment, type KillPoint, killMoments } from "./killPoint.ts";
import type { Operation } from "./operation.ts";
import { runFailpointProcess } from "./runFailpointProcess.ts";
import { World } from "./world.ts";

export interface FailpointOptions {
  /** An empty directory: the data directory and the journals lie in it. */
  readonly directory: string;
  /** Processes that are to be killed. */
  readonly rounds: number;
  /** Not one more is begun behind it. */
  readonly durationMs?: number;
  readonly seed: number;
  /** The only points to be killed at; all if absent. */
  readonly only?: (point: string) => boolean;
  /** Runs after each kill: what a worse crash would do to the files. */
  readonly afterKill?: (dataDirectory: string) => void;
  readonly onRound?: (round: FailpointRound) => void;
}

export interface FailpointRound {
  readonly round: number;
  readonly kill: KillPoint | undefined;
  readonly wasKilled: boolean;
  readonly acknowledged: number;
}

export interface FailpointReport {
  readonly kills: number;
  /** Documents written, patched or deleted, collections and snapshots made, restored and deleted. */
  readonly acknowledged: number;
  readonly patchedDocuments: number;
  readonly chunkedDocuments: number;
  /** Documents that were compared with what belongs there. */
  readonly checks: number;
  readonly compactions: number;
  /** Of one checkpoint. */
  readonly segmentsMax: number;
  readonly points: readonly PointReport[];
  /** What was wrong; empty if nothing was lost. */
  readonly losses: readonly string[];
}

export interface PointReport {
  readonly point: string;
  /** Times that a process came by. */
  readonly passed: number;
  readonly kills: Readonly<Record<KillMoment, number>>;
}

interface Point {
  /** In one thread of the last process that came to its end. */
  lastCount: number;
  passed: number;
  readonly kills: Record<KillMoment, number>;
  readonly attempts: Record<KillMoment, number>;
  /** What the process before it died of when the point was first seen, until one comes by that died of nothing. */
  reachedBy: KillPoint | "whole history" | "empty directory";
}

/** A process to be killed. */
interface Attempt {
  readonly kill: KillPoint;
  /** In a data directory of its own, which is empty. */
  readonly isFirst: boolean;
}

/** How often a moment of a point is aimed at, before it is taken to be too rare. */
const attemptsMax = 6;
const delayMicrosecondsMax = 400;

/**
 * Lets a process run a history on one data directory, kills it at a point, lets the next one look at what is there and go
 * on, and so forth; each point that was ever passed is killed at, before, during and after. What a process finds must be
 * exactly what was acknowledged; of what was not, each operation has happened whole or not at all.
 */
export async function runFailpointRounds({
  directory,
  rounds,
  durationMs = Number.POSITIVE_INFINITY,
  seed,
  only = () => true,
  afterKill = () => {},
  onRound = () => {},
}: FailpointOptions): Promise<FailpointReport> {
  const random = new SeededRandom(seed);
  let root = join(directory, "data");
  const journalPath = join(directory, "journal");
  const points = new Map<string, Point>();
  let world = new World();
  const counts = {
    kills: 0,
    acknowledged: 0,
    patchedDocuments: 0,
    chunkedDocuments: 0,
    checks: 0,
    compactions: 0,
    segmentsMax: 0,
  };
  const losses: string[] = [];
  let unanswered: readonly Operation[] = [];
  let attempts: readonly Attempt[] = [];
  let previous: KillPoint | undefined;
  // The first one shows which points there are; the last one that everything is as it should be.
  const endMs = performance.now() + durationMs;
  let isLast = false;
  for (let round = 0; !isLast && losses.length === 0; round++) {
    isLast = round > rounds || performance.now() > endMs;
    const isSpared = round === 0 || isLast;
    if (!isSpared && attempts.length === 0) attempts = nextAttempts(points, random, only);
    const attempt = isSpared ? undefined : attempts[0];
    attempts = attempts.slice(1);
    const kill = attempt?.kill;
    if (attempt?.isFirst) {
      rmSync(root, { recursive: true });
      root = join(directory, `data-${round}`);
      world = new World();
      unanswered = [];
    }
    const settings: FailpointSettings = { root, journal: journalPath, ...(kill !== undefined && { kill }) };
    const firstGeneration = 1 + round * generationsPerProcess;
    const args = [root, String(random.nextUint32()), String(firstGeneration)];
    const { lines, end } = await runFailpointProcess(child, args, settings);
    const reading = readHistory(lines, world, unanswered);
    unanswered = reading.unanswered;
    losses.push(...reading.losses);
    const wasKilled = lines.some(({ kind }) => kind === "killed");
    const wasWhole = lines.some(({ kind }) => kind === "end");
    if (!wasKilled && !wasWhole) losses.push(`round ${round}: the process ended by itself: ${end}`);
    const isFirst = round === 0 || attempt?.isFirst === true;
    countPoints(points, lines, {
      wasWhole,
      reachedBy: isFirst ? "empty directory" : (previous ?? "whole history"),
    });
    previous = wasKilled ? kill : undefined;
    if (wasKilled && kill !== undefined) {
      counts.kills += 1;
      points.get(kill.point)!.kills[kill.moment] += 1;
      afterKill(root);
    }
    counts.acknowledged += reading.acknowledged;
    counts.patchedDocuments += reading.patchedDocuments;
    counts.chunkedDocuments += reading.chunkedDocuments;
    counts.checks += reading.checks;
    counts.compactions += reading.compactions;
    counts.segmentsMax = Math.max(counts.segmentsMax, reading.segmentsMax);
    if (losses.length > 0 && kill !== undefined) losses.push(`round ${round}: ${JSON.stringify(kill)}`);
    onRound({ round, kill, wasKilled, acknowledged: reading.acknowledged });
  }
  const report = [...points].map(([point, { passed, kills }]) => ({ point, passed, kills }));
  return { ...counts, losses, points: report.sort((a, b) => (a.point < b.point ? -1 : 1)) };
}

/** Points that were never hit come first, then moments of points. */
function nextAttempts(
  points: ReadonlyMap<string, Point>,
  random: SeededRandom,
  only: (point: string) => boolean,
): readonly Attempt[] {
  const pairs = [...points]
    .filter(([point]) => only(point))
    .flatMap(([point, known]) => killMoments.map((moment) => ({ point, known, moment })));
  const unhit = pairs.filter(
    ({ known, moment }) => known.kills[moment] === 0 && known.attempts[moment] < attemptsMax,
  );
  const unhitPoints = unhit.filter(({ known: { kills } }) =>
    Object.values(kills).every((count) => count === 0),
  );
  const [candidates = pairs] = [unhitPoints, unhit].filter(({ length }) => length > 0);
  const { point, known, moment } = candidates[random.nextInt(candidates.length)]!;
  known.attempts[moment] += 1;
  const isAnother = known.attempts[moment] > 1;
  const delayMicroseconds = random.nextInt(delayMicrosecondsMax);
  const occurrence = isAnother ? 1 : 1 + random.nextInt(known.lastCount);
  const kill = { point, moment, occurrence, delayMicroseconds };
  // What was missed once is looked for where it was seen.
  return isAnother ? wayTo(kill, points) : [{ kill, isFirst: false }];
}

/** The kills after which a process comes by a point, and the one there. */
function wayTo(kill: KillPoint, points: ReadonlyMap<string, Point>): readonly Attempt[] {
  const { reachedBy } = points.get(kill.point)!;
  if (reachedBy === "whole history") return [{ kill, isFirst: false }];
  if (reachedBy === "empty directory") return [{ kill, isFirst: true }];
  return [...wayTo(reachedBy, points), { kill, isFirst: false }];
}

const child = builtUrl(import.meta.url, "./failpointChild.js");
const generationsPerProcess = 100_000;

interface HistoryReading {
  readonly unanswered: readonly Operation[];
  readonly losses: readonly string[];
  readonly acknowledged: number;
  readonly patchedDocuments: number;
  readonly chunkedDocuments: number;
  readonly checks: number;
  readonly compactions: number;
  readonly segmentsMax: number;
}

/** @param before operations of an earlier process that nobody answered, and of which no state has told yet */
function readHistory(
  lines: readonly JournalLine[],
  world: World,
  before: readonly Operation[],
): HistoryReading {
  let earlier = before;
  const begun = new Map<number, Operation>();
  const losses: string[] = [];
  let rowCount = 0;
  const counts = {
    acknowledged: 0,
    patchedDocuments: 0,
    chunkedDocuments: 0,
    checks: 0,
    compactions: 0,
    segmentsMax: 0,
  };
  for (const line of lines) {
    switch (line.kind) {
      case "state":
        losses.push(...world.settle(line.state, earlier));
        earlier = [];
        counts.checks += world.documentCount;
        break;
      case "begun":
        begun.set(line.number, line.operation);
        break;
      case "done": {
        const operation = begun.get(line.number)!;
        begun.delete(line.number);
        world.apply(operation, line.snapshotId);
        counts.acknowledged += weightOf(operation);
        if (operation.kind === "patch") counts.patchedDocuments += weightOf(operation);
        if (operation.kind === "chunks") counts.chunkedDocuments += weightOf(operation);
        break;
      }
      case "checkpoint":
        if (line.rowCount < rowCount) counts.compactions += 1;
        rowCount = line.rowCount;
        counts.segmentsMax = Math.max(counts.segmentsMax, line.segmentCount);
        break;
      case "error":
        losses.push(line.message);
        break;
      case "point":
      case "harmed":
      case "killed":
      case "end":
    }
  }
  return { ...counts, losses, unanswered: [...earlier, ...begun.values()] };
}

const weightOf = (operation: Operation): number =>
  "generations" in operation ? Object.keys(operation.generations).length : 1;

interface Passage {
  readonly wasWhole: boolean;
  readonly reachedBy: Point["reachedBy"];
}

function countPoints(
  points: Map<string, Point>,
  lines: readonly JournalLine[],
  { wasWhole, reachedBy }: Passage,
): void {
  const passed = new Map<string, number>();
  const occurrences = new Map<string, number>();
  for (const line of lines) {
    if (line.kind !== "point") continue;
    passed.set(line.point, (passed.get(line.point) ?? 0) + 1);
    occurrences.set(line.point, Math.max(line.occurrence, occurrences.get(line.point) ?? 0));
  }
  for (const [name, count] of passed) {
    let point = points.get(name);
    if (point === undefined) {
      const none = () => ({ before: 0, during: 0, after: 0 });
      point = { lastCount: 1, passed: 0, kills: none(), attempts: none(), reachedBy };
      points.set(name, point);
    }
    point.passed += count;
    if (wasWhole) point.lastCount = occurrences.get(name)!;
    // Else it stays as it was first seen: the way there leads over points that were known before, and ends.
    if (reachedBy === "whole history") point.reachedBy = reachedBy;
  }
}

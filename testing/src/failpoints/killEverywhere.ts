import { readdirSync } from "node:fs";
import { join } from "node:path";
import { SeededRandom } from "@akidb/base";
import type { JournalLine } from "./journal.ts";
import { copyInto, type KilledHistory, type KilledRun, runKilled, runProcess } from "./killedRun.ts";
import type { KillMoment, KillPoint } from "./killPoint.ts";

export interface KillsEverywhere {
  readonly history: KilledHistory;
  /** Opens the data directory, waits for what goes on by itself, and closes it: killed, too, at what only it does after a kill. */
  readonly restart?: URL;
  /** @throws where anything is not as it must be after a kill */
  readonly check: (run: KilledRun) => Promise<void>;
  /** Of points whose names it finds. */
  readonly only: RegExp;
  readonly seed: number;
  readonly say: (line: string) => void;
}

export interface KillReport {
  readonly pointCount: number;
  /** Processes that were killed where they were to be. */
  readonly killCount: number;
  /** Of these, such as were on their way back from another kill. */
  readonly restartKillCount: number;
  /** Moments that no process came by, however often it was tried. */
  readonly missed: readonly string[];
  readonly problems: readonly string[];
}

/** Other threads decide in which order some points are passed, and now and then how often. */
const attemptsMax = 3;
const delayMicrosecondsMax = 400;

/**
 * At each point that a history passes, one process for each kill: after it for the first and the last time, of a write in its
 * middle, too. Before it is after another one.
 */
export async function killEverywhere(options: KillsEverywhere): Promise<KillReport> {
  const { history, only, seed, say } = options;
  const random = new SeededRandom(seed);
  const kills = new Kills(options);
  const passed = passedPoints((await runKilled(history)).lines, only);
  for (const [point, count] of passed) {
    for (const kill of killsAt(point, count, random)) await kills.at(kill);
    say(`${point}: ${kills.summary}`);
  }
  return { pointCount: new Set([...passed.keys(), ...kills.restartPoints]).size, ...kills.report };
}

function passedPoints(lines: readonly JournalLine[], only: RegExp): ReadonlyMap<string, number> {
  const passed = new Map<string, number>();
  for (const line of lines) {
    if (line.kind !== "point" || !only.test(line.point)) continue;
    passed.set(line.point, Math.max(passed.get(line.point) ?? 0, line.occurrence));
  }
  return passed;
}

function killsAt(point: string, count: number, random: SeededRandom): readonly KillPoint[] {
  const moments: readonly KillMoment[] = point.startsWith("write ") ? ["during", "after"] : ["after"];
  return [...new Set([1, count])].flatMap((occurrence) =>
    moments.map((moment) => {
      return { point, moment, occurrence, delayMicroseconds: random.nextInt(delayMicrosecondsMax) };
    }),
  );
}

class Kills {
  readonly restartPoints = new Set<string>();
  /** Trees of data directories from which a process has started. */
  readonly #left = new Set<string>();
  readonly #options: KillsEverywhere;
  readonly #missed: string[] = [];
  readonly #problems: string[] = [];
  #killCount = 0;
  #restartKillCount = 0;

  constructor(options: KillsEverywhere) {
    this.#options = options;
  }

  get report(): Omit<KillReport, "pointCount"> {
    return {
      killCount: this.#killCount,
      restartKillCount: this.#restartKillCount,
      missed: this.#missed,
      problems: this.#problems,
    };
  }

  get summary(): string {
    return `${this.#killCount} kills so far, ${this.#missed.length} missed, ${this.#problems.length} losses`;
  }

  async at(kill: KillPoint): Promise<void> {
    const { history, restart, check } = this.#options;
    await this.#noting(nameOf(kill), async () => {
      const run = await this.#hit(kill, () => runKilled(history, kill));
      if (run === undefined) return;
      if (restart !== undefined && kill.moment === "after") await this.#onTheWayBack(kill, run, restart);
      await check(run);
    });
  }

  /** At points that no process before has passed on its way back, which depends on what is left to it. */
  async #onTheWayBack(kill: KillPoint, run: KilledRun, program: URL): Promise<void> {
    const { root } = this.#options.history;
    const tree = treeOf(run.directory);
    if (this.#left.has(tree)) return;
    this.#left.add(tree);
    const left = join(root, "left");
    copyInto(left, run.directory);
    const { lines } = await runProcess(program, root);
    for (const point of passedPoints(lines, this.#options.only).keys()) {
      if (this.restartPoints.has(point)) continue;
      this.restartPoints.add(point);
      for (const moment of ["before", "after"] as const) {
        const second = { point, moment, occurrence: 1, delayMicroseconds: 0 };
        await this.#noting(`${nameOf(kill)}, then ${nameOf(second)}`, async () => {
          const again = async (): Promise<KilledRun> => {
            copyInto(run.directory, left);
            return { ...run, ...(await runProcess(program, root, second)), lines: run.lines };
          };
          const killed = await this.#hit(second, again);
          if (killed === undefined) return;
          this.#restartKillCount += 1;
          await this.#options.check(killed);
        });
      }
    }
    copyInto(run.directory, left);
  }

  /** @returns undefined where it was missed each time, which is noted */
  async #hit(kill: KillPoint, run: () => Promise<KilledRun>): Promise<KilledRun | undefined> {
    for (let attempt = 1; attempt <= attemptsMax; attempt++) {
      const killed = await run();
      if (!killed.wasKilled) continue;
      this.#killCount += 1;
      return killed;
    }
    this.#missed.push(nameOf(kill));
    return undefined;
  }

  async #noting(name: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#problems.push(`${name}: ${(error as Error).message}`);
      this.#options.say(`LOST: ${name}: ${(error as Error).message}`);
    }
  }
}

/** The names of all files, without what is different every time. */
const treeOf = (directory: string): string =>
  readdirSync(directory, { recursive: true, encoding: "utf8" })
    .map((path) => path.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32,}|\d+/g, "<>"))
    .toSorted()
    .join("\n");

const nameOf = ({ point, moment, occurrence }: KillPoint): string => `${moment} ${point}, time ${occurrence}`;

/** What a run says at its end. */
export const killFigures = ({
  pointCount,
  killCount,
  restartKillCount,
  missed,
  problems,
}: KillReport): readonly string[] => [
  ...missed.map((name) => `missed each time: ${name}`),
  `${killCount} processes killed at ${pointCount} points, ${restartKillCount} of them on their way back from another kill; ` +
    `${missed.length} kills missed, ${problems.length} losses`,
];

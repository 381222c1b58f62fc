// Rows linked per second on one thread, beside hnswlib from C++: some rows of the one, then as many of the other.
import { type Dataset, loadDataset } from "../dataset.ts";
import { startWatch } from "../engines/engine.ts";
import { startHnswlib } from "../engines/hnswlibCpp.ts";
import type { Run } from "../run.ts";
import { segmentOf } from "../segments.ts";
import { median, sum } from "../statistics.ts";

export interface BuildRace {
  readonly dataset: string;
  readonly rows: number;
  readonly linksMax: number;
  readonly akidb: BuildRate;
  readonly hnswlibCpp: BuildRate;
  /** How many times as fast AkiDB is: the median over the turns. */
  readonly ratio: number;
  /** The same by CPU time. */
  readonly cpuRatio: number;
}

export interface BuildRate {
  readonly rowsPerSecond: number;
  readonly rowsPerCpuSecond: number;
}

interface Turn {
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
}

const rowsRaced = 40_000;
const rowsPerTurn = 2_000;
const linksMax = 16;

export async function* measureBuild(run: Run): AsyncGenerator<[string, BuildRace]> {
  for (const source of ["128", "512"]) {
    const rows = Math.min(run.rowsMax, rowsRaced);
    const data = loadDataset({ source, rowsMax: rows, mnistFolder: run.mnistFolder })!;
    const race = await raceOn(data, rows);
    if (race === undefined) console.error("build left out: npm run peers");
    else yield [data.name, race];
  }
}

async function raceOn(data: Dataset, rows: number): Promise<BuildRace | undefined> {
  const peer = startHnswlib(data, linksMax);
  if (peer === undefined) return undefined;
  const segment = segmentOf(data, "int8", linksMax);
  const ours: Turn[] = [];
  const theirs: Turn[] = [];
  while (segment.linkedCount < rows) {
    const stop = startWatch();
    segment.link(rowsPerTurn);
    ours.push(stop());
    const [wallSeconds, cpuSeconds] = (await peer.ask(`build ${rowsPerTurn} 1`)).split(" ").map(Number);
    theirs.push({ wallSeconds: wallSeconds!, cpuSeconds: cpuSeconds! });
  }
  segment.close();
  peer.close();
  const ratioOf = (of: (turn: Turn) => number) => median(ours.map((turn, i) => of(theirs[i]!) / of(turn)));
  return {
    ...{ dataset: data.name, rows, linksMax },
    akidb: rateOf(ours, rows),
    hnswlibCpp: rateOf(theirs, rows),
    ratio: ratioOf(({ wallSeconds }) => wallSeconds),
    cpuRatio: ratioOf(({ cpuSeconds }) => cpuSeconds),
  };
}

const rateOf = (turns: readonly Turn[], rows: number): BuildRate => ({
  rowsPerSecond: rows / sum(turns.map(({ wallSeconds }) => wallSeconds)),
  rowsPerCpuSecond: rows / sum(turns.map(({ cpuSeconds }) => cpuSeconds)),
});

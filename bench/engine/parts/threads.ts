// One graph, one thread and two: rows linked and queries answered per second, in turns.
import { type Dataset, loadDataset } from "../dataset.ts";
import { linkedSegment } from "../linkedSegment.ts";
import type { Run } from "../run.ts";
import { segmentOf } from "../segments.ts";
import { type SegmentThreads, startSegmentThreads } from "../segmentThreads.ts";
import type { SegmentJob } from "../segmentWorker.ts";
import { median } from "../statistics.ts";

export interface ThreadScaling {
  readonly dataset: string;
  readonly rows: number;
  readonly work: "search" | "link";
  readonly one: ThreadRate;
  readonly two: ThreadRate;
  /** What two threads do of what one does, by the clock: the median over the turns. */
  readonly ratio: number;
  /** Twice what a CPU second of two threads does of what one of one thread does: the ratio if both cores were free. */
  readonly cpuRatio: number;
}

export interface ThreadRate {
  readonly perSecond: number;
  readonly perCpuSecond: number;
}

const linksMax = 16;
const ef = 64;
const searchMs = 500;
const searchTurns = 12;
const linkRows = 30_000;
const linkRowsPerTurn = 2_000;

export async function* measureThreads(run: Run): AsyncGenerator<[string, ThreadScaling]> {
  for (const source of ["128", "512"]) {
    const data = loadDataset({ source, rowsMax: run.rowsMax, mnistFolder: run.mnistFolder })!;
    yield [`${data.name}, search`, await searching(data)];
    yield [`${data.name}, link`, await linking(data, Math.min(run.rowsMax, linkRows))];
  }
}

async function searching(data: Dataset): Promise<ThreadScaling> {
  const segment = await linkedSegment(data, "int8", linksMax);
  const threads = await startSegmentThreads(segment.handle(), { ...data, vectors: new Float32Array() }, 2);
  const job: SegmentJob = { kind: "search", ef, forMs: searchMs };
  await threads.run(2, job);
  const one: ThreadRate[] = [];
  const two: ThreadRate[] = [];
  for (let turn = 0; turn < searchTurns; turn++) {
    one.push(await rate(threads, 1, job));
    two.push(await rate(threads, 2, job));
  }
  await threads.close();
  segment.close();
  return { dataset: data.name, rows: segment.options.capacity, work: "search", ...compared(one, two) };
}

/** Two graphs of the same rows, which grow side by side. */
async function linking(data: Dataset, rows: number): Promise<ThreadScaling> {
  const none = { vectors: new Float32Array(), queries: new Float32Array() };
  const graphs = await Promise.all(
    [1, 2].map(async (count) => {
      const segment = segmentOf(data, "int8", linksMax, rows);
      return { segment, threads: await startSegmentThreads(segment.handle(), none, count) };
    }),
  );
  const [alone, paired] = [graphs[0]!, graphs[1]!];
  const one: ThreadRate[] = [];
  const two: ThreadRate[] = [];
  for (let linked = 0; linked < rows; linked += linkRowsPerTurn) {
    one.push(await rate(alone.threads, 1, { kind: "link", rows: linkRowsPerTurn }));
    two.push(await rate(paired.threads, 2, { kind: "link", rows: linkRowsPerTurn / 2 }));
  }
  for (const { segment, threads } of graphs) {
    await threads.close();
    segment.close();
  }
  return { dataset: data.name, rows, work: "link", ...compared(one, two) };
}

async function rate(threads: SegmentThreads, count: number, job: SegmentJob): Promise<ThreadRate> {
  const from = performance.now();
  const works = await threads.run(count, job);
  const wallSeconds = (performance.now() - from) / 1_000;
  const done = works.reduce((total, work) => total + work.done, 0);
  const cpuSeconds = works.reduce((total, work) => total + work.cpuSeconds, 0);
  return { perSecond: done / wallSeconds, perCpuSecond: done / cpuSeconds };
}

function compared(one: readonly ThreadRate[], two: readonly ThreadRate[]) {
  const ratioOf = (of: (rate: ThreadRate) => number) => median(two.map((rate, i) => of(rate) / of(one[i]!)));
  return {
    one: middle(one),
    two: middle(two),
    ratio: ratioOf(({ perSecond }) => perSecond),
    cpuRatio: 2 * ratioOf(({ perCpuSecond }) => perCpuSecond),
  };
}

const middle = (rates: readonly ThreadRate[]): ThreadRate => ({
  perSecond: median(rates.map(({ perSecond }) => perSecond)),
  perCpuSecond: median(rates.map(({ perCpuSecond }) => perCpuSecond)),
});

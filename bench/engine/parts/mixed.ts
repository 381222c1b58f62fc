// Searches of one thread while another adds rows and links them as fast as it can, in turns with searches left alone.
import type { Segment } from "@akidb/kernel";
import { type Dataset, loadDataset, queriesOf, rowsOf } from "../dataset.ts";
import { k } from "../engines/engine.ts";
import type { Run } from "../run.ts";
import { segmentOf } from "../segments.ts";
import { linkAll, startSegmentThreads } from "../segmentThreads.ts";
import { median, percentile } from "../statistics.ts";

export interface MixedLoad {
  readonly dataset: string;
  readonly rowsBefore: number;
  readonly rowsAfter: number;
  readonly ef: number;
  readonly quiet: SearchLoad;
  readonly whileWriting: SearchLoad;
  /** Inserted and linked per second, meanwhile. */
  readonly writtenPerSecond: number;
}

export interface SearchLoad {
  readonly searchesPerSecond: number;
  readonly searchesPerCpuSecond: number;
  readonly p50Us: number;
  readonly p95Us: number;
  readonly p99Us: number;
}

interface Turn {
  readonly latenciesUs: readonly number[];
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
}

const linksMax = 16;
const ef = 64;
const turnMs = 1_000;
const rowsMax = 60_000;

export async function* measureMixed(run: Run): AsyncGenerator<[string, MixedLoad]> {
  for (const source of ["128", "512"]) {
    const rows = Math.min(run.rowsMax, rowsMax);
    const data = loadDataset({ source, rowsMax: rows, mnistFolder: run.mnistFolder })!;
    yield [data.name, await loaded(data, run)];
  }
}

async function loaded(data: Dataset, run: Run): Promise<MixedLoad> {
  const rowsBefore = rowsOf(data) >> 1;
  const segment = segmentOf(data, "int8", linksMax, rowsBefore);
  await linkAll(segment.handle(), 2);
  const threads = await startSegmentThreads(segment.handle(), data, 1);
  search(segment, data, turnMs);
  const quiet: Turn[] = [];
  const whileWriting: Turn[] = [];
  const written: number[] = [];
  for (let round = 0; round < run.rounds; round++) {
    quiet.push(search(segment, data, turnMs));
    const writing = threads.run(1, { kind: "insert", forMs: turnMs });
    whileWriting.push(search(segment, data, turnMs));
    for (const { done, wallSeconds } of await writing) written.push(done / wallSeconds);
  }
  const rowsAfter = segment.rowCount;
  await threads.close();
  segment.close();
  return {
    ...{ dataset: data.name, rowsBefore, rowsAfter, ef },
    quiet: loadOf(quiet),
    whileWriting: loadOf(whileWriting),
    writtenPerSecond: median(written),
  };
}

function search(segment: Segment, data: Dataset, forMs: number): Turn {
  const queries = queriesOf(data);
  const latenciesUs: number[] = [];
  const cpu = process.threadCpuUsage();
  const from = performance.now();
  let last = from;
  for (let i = 0; last - from < forMs; i = (i + 1) % queries.length) {
    segment.search(queries[i]!, { k, ef });
    const now = performance.now();
    latenciesUs.push((now - last) * 1_000);
    last = now;
  }
  const { user, system } = process.threadCpuUsage(cpu);
  return { latenciesUs, wallSeconds: (last - from) / 1_000, cpuSeconds: (user + system) / 1e6 };
}

function loadOf(turns: readonly Turn[]): SearchLoad {
  const latencies = turns.flatMap(({ latenciesUs }) => latenciesUs);
  return {
    searchesPerSecond: median(turns.map(({ latenciesUs, wallSeconds }) => latenciesUs.length / wallSeconds)),
    searchesPerCpuSecond: median(turns.map(({ latenciesUs, cpuSeconds }) => latenciesUs.length / cpuSeconds)),
    p50Us: percentile(latencies, 0.5),
    p95Us: percentile(latencies, 0.95),
    p99Us: percentile(latencies, 0.99),
  };
}

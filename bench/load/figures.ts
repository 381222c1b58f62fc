import type { InProcess } from "./inProcess.ts";
import type { SearchCell, Searches } from "./searches.ts";
import type { WriteRate } from "./writes.ts";

export interface Figures extends Searches {
  readonly machine: string;
  /** Of the last minute. */
  readonly load: number;
  readonly rows: number;
  readonly dimension: number;
  readonly inProcess: InProcess;
  readonly writes: readonly WriteRate[];
}

const rate = (value: number): string => Math.round(value).toLocaleString("en");
const percent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(0)} %`;
const ms = (value: number): string => value.toFixed(value < 10 ? 2 : 1);

/** As tables in Markdown. */
export function printFigures(figures: Figures): void {
  const { machine, load, rows, dimension, inProcess, offered, cells, writes } = figures;
  console.log(`${rows} × ${dimension}; ${machine}; load ${load.toFixed(1)}, this benchmark's own in it`);
  const { ef, recall, searchesPerSecond, cpuUs } = inProcess;
  console.log(
    `in-process, one thread: ef ${ef}, recall@10 ${recall.toFixed(3)}, ${rate(searchesPerSecond)} searches/s, ` +
      `${cpuUs.toFixed(0)} µs of CPU each\n`,
  );
  const { p50Ms, p95Ms, p99Ms } = offered.akidb;
  console.log(
    `${offered.rate} requests/s offered, JSON numbers, ${offered.threads} serving threads: P50 ${ms(p50Ms)}, P95 ${ms(p95Ms)}, P99 ${ms(p99Ms)} ms\n`,
  );
  console.log(
    "| query as | connections | serving threads | requests/s | times one thread's | P50 / P95 / P99 ms | CPU µs | of the data's thread | empty handler/s | of it | its CPU µs | parsing handler/s | of it | its CPU µs |",
  );
  console.log(`|---|${"---:|".repeat(13)}`);
  for (const cell of cells) console.log(searchRow(cell, oneThreadOf(cell, cells)));
  if (writes.length === 0) return;
  console.log(
    "\n| written as | documents a request | in flight | serving threads | vectors/s | P50 / P95 / P99 ms | CPU µs a vector |",
  );
  console.log(`|---|${"---:|".repeat(6)}`);
  for (const write of writes) console.log(writeRow(write));
}

const oneThreadOf = (cell: SearchCell, cells: readonly SearchCell[]): SearchCell | undefined =>
  cells.find(
    ({ encoding, connections, threads }) =>
      threads === 1 && encoding === cell.encoding && connections === cell.connections,
  );

function searchRow(cell: SearchCell, oneThread: SearchCell | undefined): string {
  const { encoding, connections, threads, akidb, empty, parsing } = cell;
  const parsed =
    parsing === undefined
      ? ["", "", ""]
      : [rate(parsing.perSecond), percent(akidb.perSecond, parsing.perSecond), parsing.cpuUs.toFixed(0)];
  return tableRow([
    encoding,
    String(connections),
    String(threads),
    rate(akidb.perSecond),
    oneThread === undefined ? "" : (akidb.perSecond / oneThread.akidb.perSecond).toFixed(2),
    `${ms(akidb.p50Ms)} / ${ms(akidb.p95Ms)} / ${ms(akidb.p99Ms)}`,
    akidb.cpuUs.toFixed(0),
    akidb.mainCpuUs.toFixed(0),
    rate(empty.perSecond),
    percent(akidb.perSecond, empty.perSecond),
    empty.cpuUs.toFixed(0),
    ...parsed,
  ]);
}

function writeRow({ encoding, batch, connections, threads, vectorsPerSecond, requests }: WriteRate): string {
  const { p50Ms, p95Ms, p99Ms, cpuUs } = requests;
  return tableRow([
    encoding,
    String(batch),
    String(connections),
    String(threads),
    rate(vectorsPerSecond),
    `${ms(p50Ms)} / ${ms(p95Ms)} / ${ms(p99Ms)}`,
    (cpuUs / batch).toFixed(0),
  ]);
}

const tableRow = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

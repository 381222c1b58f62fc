// What the kernels do without a graph: rows of the unlinked tail scored per CPU second, from the cache and from memory.
import type { Quantization, Segment } from "@akidb/kernel";
import { loadDataset, queriesOf, rowsOf } from "../dataset.ts";
import { startWatch } from "../engines/engine.ts";
import type { Run } from "../run.ts";
import { segmentOf } from "../segments.ts";
import { median } from "../statistics.ts";

export interface ScanRate {
  readonly dimension: number;
  readonly quantization: Quantization;
  readonly cachedRowsPerCpuSecond: number;
  readonly memoryRowsPerCpuSecond: number;
}

/** Of codes: they stay in the second-level cache. */
const cachedBytes = 512 * 1_024;
const memoryRows = 50_000;
const rowsPerTurn = 200_000;
const componentBits: Readonly<Record<Quantization, number>> = { int8: 8, binary: 1, none: 32 };

export async function* measureScan(run: Run): AsyncGenerator<[string, ScanRate]> {
  for (const dimension of [128, 512, 768, 1_536]) {
    const wanted = { source: String(dimension), mnistFolder: run.mnistFolder };
    const data = loadDataset({ ...wanted, rowsMax: Math.min(run.rowsMax, memoryRows) })!;
    const query = queriesOf(data)[0]!;
    for (const quantization of ["int8", "binary", "none"] as const) {
      const cachedRows = Math.floor((8 * cachedBytes) / (componentBits[quantization] * dimension));
      const cached = segmentOf(data, quantization, 16, Math.min(cachedRows, rowsOf(data)));
      const memory = segmentOf(data, quantization, 16);
      const rates = [cached, memory].map((): number[] => []);
      for (let turn = 0; turn < 2 * run.rounds; turn++) {
        for (const [i, segment] of [cached, memory].entries()) rates[i]!.push(rate(segment, query));
      }
      cached.close();
      memory.close();
      const [cachedRowsPerCpuSecond, memoryRowsPerCpuSecond] = rates.map(median);
      yield [
        `${dimension}-d ${quantization}`,
        {
          ...{ dimension, quantization },
          cachedRowsPerCpuSecond: cachedRowsPerCpuSecond!,
          memoryRowsPerCpuSecond: memoryRowsPerCpuSecond!,
        },
      ];
    }
  }
}

function rate(segment: Segment, query: Float32Array): number {
  const repeats = Math.ceil(rowsPerTurn / segment.rowCount);
  const stop = startWatch();
  for (let i = 0; i < repeats; i++) segment.search(query, { k: 1, ef: 1 });
  return (segment.rowCount * repeats) / stop().cpuSeconds;
}

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Quantization, SeededRandom } from "@akidb/base";
import { Builders } from "@akidb/engine";
import { ModelledCollection } from "./modelledCollection.ts";
import { type ModelStep, randomStep } from "./modelStep.ts";

export interface ModelOptions {
  readonly seed: number;
  readonly durationMs: number;
  readonly quantization?: Quantization;
  readonly onProgress?: (report: ModelReport) => void;
}

export type ModelCounts = ModelledCollection["counts"];

export interface ModelReport extends Readonly<ModelCounts> {
  /** Mean share of the ten true nearest that the graph found. */
  readonly recallAt10: number;
  readonly faults: readonly string[];
  /** The history, for a fixture of it. */
  readonly steps: readonly ModelStep[];
}

const progressIntervalMs = 10_000;

/**
 * A collection against a Map: upserts, deletions, searches of the graph and exact ones, snapshots, clones and restores,
 * checkpoints, compactions, reopenings in memory and in place, and crashes in the middle of a write and a checkpoint. No search may return what
 * is not there (a phantom), no exact search may miss what is, and the graph must keep its recall throughout.
 */
export async function runModel({
  seed,
  durationMs,
  quantization = "int8",
  onProgress = () => {},
}: ModelOptions): Promise<ModelReport> {
  const random = new SeededRandom(seed);
  const directory = mkdtempSync(join(tmpdir(), "akidb-model-"));
  const builders = new Builders({ threadCount: 1 });
  const modelled = await ModelledCollection.create({ directory, quantization, builders });
  const steps: ModelStep[] = [];
  const report = (): ModelReport => {
    const { wanted, found } = modelled.recall;
    const recallAt10 = wanted === 0 ? 1 : found / wanted;
    return { ...modelled.counts, recallAt10, faults: modelled.faults, steps };
  };
  const startMs = performance.now();
  let progressMs = startMs;
  try {
    while (performance.now() - startMs < durationMs && modelled.faults.length === 0) {
      const step = randomStep(random, steps.length + 1);
      steps.push(step);
      await modelled.apply(step).catch((error: unknown) => void modelled.faults.push(String(error)));
      if (performance.now() - progressMs > progressIntervalMs) {
        progressMs = performance.now();
        onProgress(report());
      }
      // Builders and compaction go on between the steps, as they do between requests.
      if (random.nextInt(4) === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    return report();
  } finally {
    await modelled.close().catch(() => {});
    await builders.close();
    rmSync(directory, { recursive: true });
  }
}

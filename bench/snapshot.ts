/**
 * How long a snapshot of a collection takes, and its restoring as a new collection: `--rows` documents of `--dimension`
 * components with a text and metadata, linked into the graph before. `--rounds` times each; medians count: how long it
 * took, the CPU time of the process and that of the serving thread, which others on the machine change less. The restored
 * collection is searched, and compared with the original by its answers. `--directory DIR` chooses the disk.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Collection } from "@akidb/base";
import { open } from "@akidb/database";
import { vectorMaker } from "./vectorMaker.ts";

const { values: flags } = parseArgs({
  options: {
    rows: { type: "string", default: "10000,100000" },
    dimension: { type: "string", default: "512" },
    "ef-construction": { type: "string", default: "100" },
    compression: { type: "string", default: "zstd" },
    rounds: { type: "string", default: "3" },
    directory: { type: "string", default: tmpdir() },
  },
});
const dimension = Number(flags.dimension);
const batch = 1_000;

interface Cost {
  readonly seconds: number;
  /** CPU time. */
  readonly processSeconds: number;
  readonly threadSeconds: number;
}

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!;

const cells = (costs: readonly Cost[]): string =>
  (["seconds", "processSeconds", "threadSeconds"] as const)
    .map((name) => `${median(costs.map((cost) => cost[name])).toFixed(2)} s`)
    .join(" | ");

const sum = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1e6;

async function timed<T>(work: () => Promise<T>): Promise<readonly [result: T, cost: Cost]> {
  const [start, cpu, threadCpu] = [performance.now(), process.cpuUsage(), process.threadCpuUsage()];
  const result = await work();
  const seconds = (performance.now() - start) / 1_000;
  const threadSeconds = sum(process.threadCpuUsage(threadCpu));
  return [result, { seconds, processSeconds: sum(process.cpuUsage(cpu)), threadSeconds }];
}

async function answersOf(
  collection: Collection,
  vectors: readonly Float32Array[],
): Promise<readonly string[]> {
  const answers: string[] = [];
  for (const vector of vectors) {
    const { matches } = await collection.query({ vector, topK: 10 });
    answers.push(matches.map(({ id }) => id).join(" "));
  }
  return answers;
}

async function measure(rowCount: number): Promise<void> {
  const directory = mkdtempSync(join(flags.directory, "akidb-bench-snapshot-"));
  const compression = flags.compression as "zstd" | "snappy" | "none";
  const db = await open({
    path: directory,
    snapshot: { compression },
    hnsw: { m: 16, efConstruction: Number(flags["ef-construction"]), threshold: 5_000 },
    wal: { sync: "interval" },
  });
  try {
    const makeVector = vectorMaker(dimension);
    const { name } = await db.createCollection({ name: "bench", dimension });
    const collection = db.collection(name);
    for (let from = 0; from < rowCount; from += batch) {
      await collection.upsert(
        Array.from({ length: batch }, (_, n) => ({
          vector: makeVector(),
          text: `document ${from + n} of a collection that is kept`,
          metadata: { number: from + n, group: (from + n) % 10 },
        })),
      );
    }
    while ((await db.getCollection(name)).indexedCount < rowCount) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const queries = Array.from({ length: 20 }, makeVector);
    const expected = await answersOf(collection, queries);
    const created: Cost[] = [];
    const restored: Cost[] = [];
    let sizeBytes = 0;
    for (let round = 0; round < Number(flags.rounds); round++) {
      // One document more, so that no checkpoint is there already.
      await collection.upsert([{ externalId: "extra", vector: makeVector() }]);
      const [snapshot, createCost] = await timed(() => collection.createSnapshot());
      created.push(createCost);
      sizeBytes = snapshot.sizeBytes ?? 0;
      const into = `clone-${round}`;
      const [info, restoreCost] = await timed(() => collection.restoreSnapshot(snapshot.id, { into }));
      restored.push(restoreCost);
      const found = await answersOf(db.collection(info.name), queries);
      const same = found.filter((answer, index) => answer === expected[index]).length;
      if (same < 0.9 * queries.length)
        throw new Error(`only ${same} of ${queries.length} answers are the same`);
      await db.deleteCollection(info.name);
      await collection.deleteSnapshot(snapshot.id);
    }
    const megabytes = (sizeBytes / 1e6).toFixed(0);
    console.log(`| ${rowCount} × ${dimension} | ${cells(created)} | ${cells(restored)} | ${megabytes} MB |`);
  } finally {
    await db.close();
    rmSync(directory, { recursive: true });
  }
}

console.log(
  `${cpus().length} × ${cpus()[0]?.model}, Node ${process.versions.node}, ${flags.compression}, load ${loadavg()[0]!.toFixed(1)}`,
);
console.log(
  "| documents | snapshot | CPU | serving thread | restore, until it answers | CPU | serving thread | size |\n" +
    "|---|---:|---:|---:|---:|---:|---:|---:|",
);
for (const rows of flags.rows.split(",")) await measure(Number(rows));

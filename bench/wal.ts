/**
 * How fast acknowledged writes become durable, beside what the disk itself can do: one collection, documents of 2 KB,
 * with fdatasync, at 1 and 64 writers in flight and in batches; next to each, the same bytes written with bare
 * write + fdatasync. Rounds alternate, and medians are printed. `--json` prints the figures for machines,
 * `--directory DIR` chooses the disk.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { systemClock, systemRandom, UuidV7Generator } from "@akidb/base";
import { Builders, Collection, createCollectionFiles, DocumentWriter, nodeDisk } from "@akidb/engine";

const { values: flags } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    directory: { type: "string", default: tmpdir() },
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "1" },
  },
});
const rounds = Number(flags.rounds);
const roundMs = Number(flags.seconds) * 1_000;

const dimension = 384;
const text = "x".repeat(2_048 - dimension * 4 - 8 - 48 - 24);
const recordBytes = 2_048;
const ids = new UuidV7Generator(systemClock, systemRandom);
const builders = new Builders({ threadCount: 1 });
const documentWriter = new DocumentWriter();
const vector = Float32Array.from({ length: dimension }, (_, i) => Math.sin(i));

interface Workload {
  readonly name: string;
  readonly writers: number;
  /** Documents in one upsert. */
  readonly batch: number;
}

const workloads: readonly Workload[] = [
  { name: "1 writer, single documents", writers: 1, batch: 1 },
  { name: "64 writers, single documents", writers: 64, batch: 1 },
  { name: "1 writer, batches of 256", writers: 1, batch: 256 },
  { name: "4 writers, batches of 1,000", writers: 4, batch: 1_000 },
];

interface Rate {
  readonly recordsPerSecond: number;
  readonly mbPerSecond: number;
}

/** Runs `work` over and over in `writers` loops for one round. */
async function measure({ writers, batch }: Workload, work: () => Promise<unknown>): Promise<Rate> {
  let done = 0;
  const startMs = performance.now();
  const loop = async () => {
    while (performance.now() - startMs < roundMs) {
      await work();
      done += batch;
    }
  };
  await Promise.all(Array.from({ length: writers }, loop));
  const seconds = (performance.now() - startMs) / 1_000;
  return { recordsPerSecond: done / seconds, mbPerSecond: (done * recordBytes) / 1e6 / seconds };
}

async function measureCollection(workload: Workload): Promise<Rate> {
  const directory = mkdtempSync(join(flags.directory, "akidb-bench-"));
  const options = {
    disk: nodeDisk,
    directory,
    documentWriter,
    collectionId: ids.next<"collection">(),
    clock: systemClock,
    ids,
    dimension,
    metric: "cosine" as const,
    maxDocumentCount: 50_000_000,
    metadataBytesMax: 65_536,
    recallChecksPerMinute: 0,
    // No graph: the log is what is measured.
    graph: {
      builders,
      quantization: "int8" as const,
      linksMax: 32,
      efConstruction: 200,
      efSearch: 128,
      threshold: Number.POSITIVE_INFINITY,
    },
    wal: { sync: "always" as const, syncIntervalMs: 100, segmentBytesMax: 64 * 1024 * 1024 },
  };
  await createCollectionFiles(options);
  const collection = await Collection.open(options);
  const documents = Array.from({ length: workload.batch }, () => ({ vector, text }));
  const rate = await measure(workload, () => collection.upsert(documents));
  await collection.close();
  rmSync(directory, { recursive: true });
  return rate;
}

/** As many bytes in one write as a perfect group commit gathers: everyone's. */
async function measureDisk(workload: Workload): Promise<Rate> {
  const directory = mkdtempSync(join(flags.directory, "akidb-bench-"));
  const file = await open(join(directory, "raw"), "wx");
  const bytes = Buffer.alloc(workload.writers * workload.batch * recordBytes, 7);
  let position = 0;
  const single = { ...workload, writers: 1, batch: workload.writers * workload.batch };
  const rate = await measure(single, async () => {
    await file.write(bytes, 0, bytes.length, position);
    position += bytes.length;
    await file.datasync();
  });
  await file.close();
  rmSync(directory, { recursive: true });
  return rate;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const medianRate = (rates: readonly Rate[]): Rate => ({
  recordsPerSecond: median(rates.map((rate) => rate.recordsPerSecond)),
  mbPerSecond: median(rates.map((rate) => rate.mbPerSecond)),
});

const results = [];
for (const workload of workloads) {
  const akidb: Rate[] = [];
  const disk: Rate[] = [];
  await measureCollection(workload);
  for (let round = 0; round < rounds; round++) {
    akidb.push(await measureCollection(workload));
    disk.push(await measureDisk(workload));
  }
  const result = { ...workload, akidb: medianRate(akidb), disk: medianRate(disk) };
  results.push({ ...result, ratio: result.akidb.recordsPerSecond / result.disk.recordsPerSecond });
}

const machine = `${cpus()[0]?.model ?? "unknown processor"}, ${cpus().length} cores, Node ${process.version}`;
if (flags.json) {
  console.log(JSON.stringify({ machine, recordBytes, rounds, results }, undefined, 2));
} else {
  const whole = (value: number) => Math.round(value).toLocaleString("en");
  console.log(`${machine}; records of ${recordBytes} bytes, fdatasync, median of ${rounds} rounds\n`);
  console.log("| workload | AkiDB records/s | MB/s | bare write + fdatasync records/s | MB/s | ratio |");
  console.log("|---|---:|---:|---:|---:|---:|");
  for (const { name, akidb, disk, ratio } of results) {
    const cells = [
      name,
      whole(akidb.recordsPerSecond),
      whole(akidb.mbPerSecond),
      whole(disk.recordsPerSecond),
      whole(disk.mbPerSecond),
      ratio.toFixed(2),
    ];
    console.log(`| ${cells.join(" | ")} |`);
  }
}

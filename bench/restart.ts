/**
 * How long a collection with a checkpoint takes to answer after a restart, and how much memory that needs: a process
 * writes `--rows` documents, waits for the graph, closes in order and ends; new ones open the collection and search,
 * `--rounds` times with its files in the page cache, and once without where `dd` can drop them from it. Time runs from
 * the call to open; peak memory is the process's own up to the first answer, beside what it has a second later.
 * `--directory DIR` chooses the disk, `--dimension N` the vectors.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type CollectionId, noDeadline, systemClock, systemRandom, UuidV7Generator } from "@akidb/base";
import { Builders, Collection, createCollectionFiles, nodeDisk } from "@akidb/engine";
import { dropFromCache, filesUnder } from "./dropFromCache.ts";
import { vectorMaker } from "./vectorMaker.ts";

const { values: flags } = parseArgs({
  options: {
    role: { type: "string", default: "parent" },
    rows: { type: "string", default: "100000" },
    dimension: { type: "string", default: "512" },
    "ef-construction": { type: "string", default: "100" },
    rounds: { type: "string", default: "3" },
    directory: { type: "string", default: tmpdir() },
  },
});
const rowCount = Number(flags.rows);
const dimension = Number(flags.dimension);
const batch = 1_000;
const mebibyte = 1024 * 1024;

const optionsIn = (directory: string, builders: Builders) => ({
  disk: nodeDisk,
  directory,
  collectionId: "01890000-0000-7000-8000-000000000001" as CollectionId,
  clock: systemClock,
  ids: new UuidV7Generator(systemClock, systemRandom),
  dimension,
  metric: "cosine" as const,
  maxDocumentCount: 50_000_000,
  metadataBytesMax: 65_536,
  recallChecksPerMinute: 0,
  graph: {
    builders,
    quantization: "int8" as const,
    linksMax: 16,
    efConstruction: Number(flags["ef-construction"]),
    efSearch: 64,
    threshold: 10_000,
  },
  wal: { sync: "interval" as const, syncIntervalMs: 100, segmentBytesMax: 64 * mebibyte },
  checkpointPolicy: { closeMsMax: 600_000 },
  onCheckpointFailure: (error: unknown) => {
    throw error;
  },
});

async function write(directory: string): Promise<void> {
  const builders = new Builders({ threadCount: cpus().length });
  await createCollectionFiles(optionsIn(directory, builders));
  const collection = await Collection.open(optionsIn(directory, builders));
  const next = vectorMaker(dimension);
  for (let row = 0; row < rowCount; row += batch) {
    await collection.upsert(
      Array.from({ length: Math.min(batch, rowCount - row) }, (_, n) => ({
        externalId: `document ${row + n}`,
        vector: next(),
        text: "as long as a title is, or a little longer",
      })),
    );
  }
  while (collection.stats().indexedCount < rowCount) await new Promise((resolve) => setTimeout(resolve, 100));
  const closeMs = performance.now();
  await collection.close();
  await builders.close();
  console.log(JSON.stringify({ closeSeconds: (performance.now() - closeMs) / 1_000 }));
}

interface Restart {
  readonly openMs: number;
  readonly answerMs: number;
  readonly peakMib: number;
  readonly steadyMib: number;
  readonly indexedCount: number;
  readonly replayedRecords: number;
}

async function restart(directory: string): Promise<void> {
  const builders = new Builders({ threadCount: 1 });
  const vector = vectorMaker(dimension)();
  const startMs = performance.now();
  const collection = await Collection.open(optionsIn(directory, builders));
  const openMs = performance.now() - startMs;
  const query = { vector, topK: 10, include: ["text" as const] };
  const { length } = (await collection.query(query, noDeadline())).matches;
  const answerMs = performance.now() - startMs;
  const peakMib = process.resourceUsage().maxRSS / 1024;
  if (length !== 10) throw new Error(`found ${length} documents`);
  const { indexedCount } = collection.stats();
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const steadyMib = process.memoryUsage().rss / mebibyte;
  const replayedRecords = collection.recovery.recordCount;
  const figures: Restart = { openMs, answerMs, peakMib, steadyMib, indexedCount, replayedRecords };
  console.log(JSON.stringify(figures));
  await collection.close();
  await builders.close();
}

async function inChild<Figures>(role: string, directory: string): Promise<Figures> {
  const shape = ["--rows", flags.rows, "--dimension", flags.dimension];
  const args = ["--role", role, "--directory", directory, "--ef-construction", flags["ef-construction"]];
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1]!, ...shape, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`${role} ended with ${code}`);
  return JSON.parse(output) as Figures;
}

async function parent(): Promise<void> {
  const root = mkdtempSync(join(flags.directory, "akidb-bench-"));
  const directory = join(root, "collection");
  try {
    await nodeDisk.makeDirectory(directory);
    const { closeSeconds } = await inChild<{ readonly closeSeconds: number }>("write", directory);
    const files = filesUnder(join(directory, "checkpoint"));
    // Files that both checkpoints have count once.
    const bytes = new Map(files.map((file) => [statSync(file).ino, statSync(file).size]));
    const total = [...bytes.values()].reduce((sum, size) => sum + size, 0);
    console.log(
      `${rowCount} × ${dimension}; checkpoints ${Math.round(total / mebibyte)} MiB, ` +
        `closed in ${closeSeconds.toFixed(1)} s; ${cpus()[0]?.model}, ${cpus().length} cores, Node ${process.version}\n`,
    );
    console.log("| files | open ms | first answer ms | peak MiB | steady MiB | peak / steady |");
    console.log("|---|---:|---:|---:|---:|---:|");
    const print = (name: string, { openMs, answerMs, peakMib, steadyMib, indexedCount }: Restart) => {
      if (indexedCount < rowCount) throw new Error(`${indexedCount} documents in the graph`);
      const ratio = (peakMib / steadyMib).toFixed(2);
      const figures = [openMs, answerMs, peakMib, steadyMib].map(Math.round);
      console.log(`| ${name} | ${figures.join(" | ")} | ${ratio} |`);
    };
    for (let round = 0; round < Number(flags.rounds); round++) {
      print("in the page cache", await inChild<Restart>("restart", directory));
    }
    if (dropFromCache(filesUnder(directory))) {
      print("on the device", await inChild<Restart>("restart", directory));
    }
  } finally {
    rmSync(root, { recursive: true });
  }
}

if (flags.role === "write") await write(flags.directory);
else if (flags.role === "restart") await restart(flags.directory);
else await parent();

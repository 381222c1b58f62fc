/**
 * How long a collection takes to come back after kill -9, and how much memory that needs: a process writes `--mib` of
 * log and is killed, another opens the collection and reports. No checkpoint, so all of the log is replayed, once into
 * a collection and once through the log alone; without a graph, which is linked behind. `--directory DIR` chooses the
 * disk, `--dimension N` the vectors.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type CollectionId, noDeadline, systemClock, systemRandom, UuidV7Generator } from "@akidb/base";
import { Builders, Collection, createCollectionFiles, nodeDisk, openWal } from "@akidb/engine";

const { values: flags } = parseArgs({
  options: {
    role: { type: "string", default: "parent" },
    mib: { type: "string", default: "1024" },
    directory: { type: "string", default: tmpdir() },
    dimension: { type: "string", default: "384" },
  },
});
const dimension = Number(flags.dimension);
const text = "x".repeat(448);
const batch = 256;

const walOptions = { sync: "interval" as const, syncIntervalMs: 100, segmentBytesMax: 64 * 1024 * 1024 };

const filesIn = (directory: string) => ({
  disk: nodeDisk,
  directory,
  collectionId: "01890000-0000-7000-8000-000000000001" as CollectionId,
  clock: systemClock,
  ids: new UuidV7Generator(systemClock, systemRandom),
});

const collectionIn = (directory: string, builders: Builders) => ({
  ...filesIn(directory),
  dimension,
  metric: "cosine" as const,
  maxDocumentCount: 50_000_000,
  metadataBytesMax: 65_536,
  recallChecksPerMinute: 0,
  checkpointPolicy: {
    logBytesMin: Number.POSITIVE_INFINITY,
    linkedRowsMin: Number.POSITIVE_INFINITY,
    closeLogBytesMin: Number.POSITIVE_INFINITY,
  },
  graph: {
    builders,
    quantization: "int8" as const,
    linksMax: 32,
    efConstruction: 200,
    efSearch: 128,
    threshold: Number.POSITIVE_INFINITY,
  },
  wal: walOptions,
});

const walBytes = (directory: string): number =>
  readdirSync(join(directory, "wal")).reduce(
    (sum, name) => sum + statSync(join(directory, "wal", name)).size,
    0,
  );

const report = (figures: object): void => console.log(JSON.stringify(figures));

async function write(directory: string): Promise<void> {
  const options = collectionIn(directory, new Builders({ threadCount: 1 }));
  await createCollectionFiles(options);
  const collection = await Collection.open(options);
  const vector = Float32Array.from({ length: dimension }, (_, i) => Math.sin(i));
  const documents = Array.from({ length: batch }, () => ({ vector, text }));
  while (walBytes(directory) < Number(flags.mib) * 1024 * 1024) await collection.upsert(documents);
  const { documentCount } = collection.stats();
  report({ documentCount, walBytes: walBytes(directory) });
  process.kill(process.pid, "SIGKILL");
}

async function replayLog(directory: string): Promise<void> {
  const startMs = performance.now();
  let bytes = 0;
  const { wal, recovery } = await openWal({
    ...filesIn(join(directory, "wal")),
    ...walOptions,
    apply: ({ payload }) => {
      bytes += payload.length;
    },
  });
  const seconds = (performance.now() - startMs) / 1_000;
  report({ seconds, records: recovery.recordCount, bytes, peakMiB: peakMiB() });
  await wal.close();
}

async function replayCollection(directory: string): Promise<void> {
  const builders = new Builders({ threadCount: 1 });
  const startMs = performance.now();
  const collection = await Collection.open(collectionIn(directory, builders));
  const seconds = (performance.now() - startMs) / 1_000;
  const { documentCount, memoryBytes } = collection.stats();
  const vector = new Float32Array(dimension).fill(1);
  const [nearest] = (await collection.query({ vector, topK: 1, include: [] }, noDeadline())).matches;
  if (nearest === undefined) throw new Error("nothing was found");
  report({ seconds, documentCount, steadyMiB: memoryBytes / 1024 ** 2, peakMiB: peakMiB() });
  await collection.close();
  await builders.close();
}

const peakMiB = (): number => process.resourceUsage().maxRSS / 1024;

function runRole(role: string, directory: string): Promise<Record<string, number>> {
  const args = [...process.execArgv, process.argv[1]!, "--role", role, "--directory", directory];
  args.push("--mib", flags.mib, "--dimension", flags.dimension);
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    output += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", () => resolve(JSON.parse(output) as Record<string, number>));
  });
}

async function compare(): Promise<void> {
  const directory = mkdtempSync(join(flags.directory, "akidb-replay-"));
  try {
    const written = await runRole("write", directory);
    const log = await runRole("log", directory);
    const collection = await runRole("collection", directory);
    const machine = `${cpus()[0]?.model ?? "unknown processor"}, ${cpus().length} cores, Node ${process.version}`;
    report({ machine, dimension, written, log, collection });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

switch (flags.role) {
  case "write":
    await write(flags.directory);
    break;
  case "log":
    await replayLog(flags.directory);
    break;
  case "collection":
    await replayCollection(flags.directory);
    break;
  default:
    await compare();
}

/**
 * What searching a collection in place saves of memory, and what it takes of speed, beside the same collection in memory:
 * a process writes `--rows` documents, waits for the graph and closes at a checkpoint; then one opens it in memory and one
 * in place, and both ask the same `--searches` queries, one after the other: at first, again with what is read in the page
 * cache, and once more with the vectors dropped from it before each query, where `dd` can do that. Answers must be the
 * same. `--directory DIR` chooses the disk, `--dimension N` the vectors.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type CollectionId, noDeadline, systemClock, systemRandom, UuidV7Generator } from "@akidb/base";
import { Builders, Collection, createCollectionFiles, nodeDisk } from "@akidb/engine";
import { dropFromCache, filesUnder } from "./dropFromCache.ts";
import { rowOf } from "./engine/dataset.ts";
import { embeddingLike } from "./engine/embeddingLike.ts";

const { values: flags } = parseArgs({
  options: {
    role: { type: "string", default: "parent" },
    rows: { type: "string", default: "100000" },
    dimension: { type: "string", default: "512" },
    "ef-construction": { type: "string", default: "100" },
    searches: { type: "string", default: "1000" },
    directory: { type: "string", default: tmpdir() },
  },
});
const rowCount = Number(flags.rows);
const dimension = Number(flags.dimension);
const searches = Number(flags.searches);
/** Each is followed by the start of a process. */
const coldSearches = Math.min(200, searches);
const exactSearches = 20;
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
});

const queriesFileOf = (directory: string): string => `${directory}.queries`;

async function write(directory: string): Promise<void> {
  const builders = new Builders({ threadCount: cpus().length });
  await createCollectionFiles(optionsIn(directory, builders));
  const collection = await Collection.open(optionsIn(directory, builders));
  // Of the same distribution as the rows, and none of them; whoever asks them has no memory of the rows.
  const { vectors, queries } = embeddingLike(dimension, rowCount, searches);
  writeFileSync(queriesFileOf(directory), queries);
  for (let row = 0; row < rowCount; row += batch) {
    await collection.upsert(
      Array.from({ length: Math.min(batch, rowCount - row) }, (_, n) => ({
        externalId: `document ${row + n}`,
        vector: rowOf(vectors, dimension, row + n),
        text: "as long as a title is, or a little longer",
      })),
    );
  }
  while (collection.stats().indexedCount < rowCount) await new Promise((resolve) => setTimeout(resolve, 100));
  await collection.checkpoint();
  await collection.close();
  await builders.close();
  console.log("{}");
}

interface Latencies {
  readonly name: string;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  /** Of the process, which other work on the machine does not change as much. */
  readonly cpuMs: number;
}

interface Figures {
  readonly openMs: number;
  /** Of all that the collection has in memory, as it counts it, once everything has been asked. */
  readonly countedMib: number;
  /** Of the process, since before it was opened. */
  readonly grownMib: number;
  readonly latencies: readonly Latencies[];
  /** Of all rows and scores found. */
  readonly answers: string;
}

async function search(directory: string, inPlace: boolean): Promise<void> {
  const builders = new Builders({ threadCount: 1 });
  const queries = new Float32Array(new Uint8Array(readFileSync(queriesFileOf(directory))).buffer);
  global.gc?.();
  const rssBefore = process.memoryUsage().rss;
  const startMs = performance.now();
  const collection = await Collection.open({ ...optionsIn(directory, builders), inPlace });
  const openMs = performance.now() - startMs;
  if (collection.isInPlace !== inPlace) throw new Error("opened otherwise than asked");
  const hash = createHash("sha256");
  const measure = async (
    name: string,
    count: number,
    { exact = false, before = () => {} } = {},
  ): Promise<Latencies> => {
    const latencies: number[] = [];
    let cpuUs = 0;
    for (let n = 0; n < count; n++) {
      before();
      const vector = rowOf(queries, dimension, n);
      const cpuStart = process.cpuUsage();
      const queryMs = performance.now();
      const { matches } = await collection.query({ vector, topK: 10, exact, include: [] }, noDeadline());
      latencies.push(performance.now() - queryMs);
      const { user, system } = process.cpuUsage(cpuStart);
      cpuUs += user + system;
      for (const { externalId, score } of matches) hash.update(`${externalId} ${score}\n`);
    }
    const totalMs = latencies.reduce((sum, ms) => sum + ms, 0);
    latencies.sort((a, b) => a - b);
    const at = (share: number): number => latencies[Math.floor(share * count)]!;
    const perSecond = (1_000 * count) / totalMs;
    return { name, perSecond, p50Ms: at(0.5), p95Ms: at(0.95), cpuMs: cpuUs / 1_000 / count };
  };

  const latencies = [
    await measure("at first", searches),
    await measure("again", searches),
    await measure("exact", exactSearches, { exact: true }),
  ];
  const segments = filesUnder(join(directory, "checkpoint")).filter((path) => /segment-\d+$/.test(path));
  if (dropFromCache(segments)) {
    const before = (): void => void dropFromCache(segments);
    latencies.push(await measure("vectors not in the page cache", coldSearches, { before }));
  }
  global.gc?.();
  const figures: Figures = {
    openMs,
    countedMib: collection.use().memory.indexes / mebibyte,
    grownMib: (process.memoryUsage().rss - rssBefore) / mebibyte,
    latencies,
    answers: hash.digest("hex"),
  };
  console.log(JSON.stringify(figures));
  await collection.close();
  await builders.close();
}

async function inChild<Result>(role: string, directory: string): Promise<Result> {
  const shape = ["--rows", flags.rows, "--dimension", flags.dimension, "--searches", flags.searches];
  const args = ["--role", role, "--directory", directory, "--ef-construction", flags["ef-construction"]];
  const options = [...process.execArgv, "--expose-gc"];
  const child = spawn(process.execPath, [...options, process.argv[1]!, ...shape, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`${role} ended with ${code}`);
  return JSON.parse(output) as Result;
}

async function parent(): Promise<void> {
  const root = mkdtempSync(join(flags.directory, "akidb-bench-"));
  const directory = join(root, "collection");
  try {
    await nodeDisk.makeDirectory(directory);
    await inChild("write", directory);
    console.log(
      `${rowCount} × ${dimension}, cosine, int8; ${cpus()[0]?.model}, ${cpus().length} cores, ` +
        `Node ${process.version}, load average ${loadavg()[0]!.toFixed(1)}\n`,
    );
    const inMemory = await inChild<Figures>("in-memory", directory);
    const inPlace = await inChild<Figures>("in-place", directory);
    if (inMemory.answers !== inPlace.answers) throw new Error("the answers are not the same");
    console.log("| | opened in ms | index MiB | process grew by MiB |");
    console.log("|---|---:|---:|---:|");
    for (const [name, { openMs, countedMib, grownMib }] of [
      ["in memory", inMemory],
      ["in place", inPlace],
    ] as const) {
      console.log(`| ${name} | ${[openMs, countedMib, grownMib].map(Math.round).join(" | ")} |`);
    }
    console.log("\n| searches, one after the other | in memory: ms P50 / P95 (CPU), per second | in place |");
    console.log("|---|---:|---:|");
    const cell = ({ p50Ms, p95Ms, cpuMs, perSecond }: Latencies): string =>
      `${p50Ms.toFixed(2)} / ${p95Ms.toFixed(2)} (${cpuMs.toFixed(2)}), ${Math.round(perSecond)}`;
    for (const [at, { name }] of inMemory.latencies.entries()) {
      console.log(`| ${name} | ${cell(inMemory.latencies[at]!)} | ${cell(inPlace.latencies[at]!)} |`);
    }
  } finally {
    rmSync(root, { recursive: true });
  }
}

if (flags.role === "write") await write(flags.directory);
else if (flags.role === "in-memory") await search(flags.directory, false);
else if (flags.role === "in-place") await search(flags.directory, true);
else await parent();

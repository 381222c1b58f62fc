/**
 * What many small collections cost: a process makes `--collections` of them with `--documents` documents each and closes
 * in order; another one opens the database and measures the start, memory, file handles, and queries to collections chosen
 * at random, first and again; a third one starts after that one was killed. `--directory DIR` chooses the disk.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { noDeadline, SeededRandom } from "@akidb/base";
import { type Database, openDatabase, operations, ownProcess } from "@akidb/database";

const { values: flags } = parseArgs({
  options: {
    role: { type: "string", default: "parent" },
    collections: { type: "string", default: "10000" },
    documents: { type: "string", default: "20" },
    dimension: { type: "string", default: "32" },
    queries: { type: "string", default: "1000" },
    directory: { type: "string", default: tmpdir() },
  },
});
const collectionCount = Number(flags.collections);
const documentCount = Number(flags.documents);
const dimension = Number(flags.dimension);
const queryCount = Number(flags.queries);
const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;

const random = new SeededRandom(1);
const nextVector = () => Float32Array.from({ length: dimension }, () => random.nextGaussian());
const call = { requestId: "bench", deadline: noDeadline(), caller: ownProcess };

const open = (directory: string): Promise<Database> => openDatabase({ directory, command: "bench" });

async function write(directory: string): Promise<void> {
  const database = await open(directory);
  const startMs = performance.now();
  let next = 0;
  const lane = async () => {
    for (let number = next++; number < collectionCount; number = next++) {
      const name = `collection-${number}`;
      await database.execute(operations.createCollection, { name, dimension }, call);
      const documents = Array.from({ length: documentCount }, (_, n) => ({
        externalId: `document ${n}`,
        vector: nextVector(),
        text: "as long as a title is, or a little longer",
      }));
      await database.execute(operations.upsertDocuments, { collection: name, documents }, call);
    }
  };
  await Promise.all(Array.from({ length: 8 }, lane));
  const writeSeconds = (performance.now() - startMs) / 1_000;
  const closeMs = performance.now();
  await database.close();
  const closeSeconds = (performance.now() - closeMs) / 1_000;
  console.log(JSON.stringify({ writeSeconds, closeSeconds }));
}

interface Memory {
  readonly residentBytes: number;
  readonly heapBytes: number;
  readonly fileHandles: number;
}

async function memory(): Promise<Memory> {
  globalThis.gc?.();
  await sleep(1_000);
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  return { residentBytes: rss, heapBytes: heapUsed, fileHandles: readdirSync("/proc/self/fd").length };
}

interface Latencies {
  readonly p50: number;
  readonly p95: number;
}

interface Start {
  readonly readySeconds: number;
  readonly before: Memory;
  readonly after: Memory;
  readonly queried: Memory;
  readonly firstMs: number;
  readonly first: Latencies;
  readonly again: Latencies;
  readonly listMs: number;
  readonly listedDocuments: number;
}

async function start(directory: string): Promise<void> {
  const before = await memory();
  const startMs = performance.now();
  const database = await open(directory);
  await database.loaded();
  const readySeconds = (performance.now() - startMs) / 1_000;
  const after = await memory();
  const listStartMs = performance.now();
  const listedDocuments = await countDocuments(database);
  const listMs = performance.now() - listStartMs;
  const names = Array.from({ length: queryCount }, () => `collection-${random.nextInt(collectionCount)}`);
  const first = await query(database, names);
  const queried = await memory();
  const again = await query(database, names.slice(-100));
  const figures: Start = {
    readySeconds,
    before,
    after,
    queried,
    firstMs: first[0]!,
    first: latencies(first),
    again: latencies(again),
    listMs,
    listedDocuments,
  };
  console.log(JSON.stringify(figures));
  // Whatever is open stays as a killed process leaves it.
  process.kill(process.pid, "SIGKILL");
}

async function countDocuments(database: Database): Promise<number> {
  let count = 0;
  for (let cursor: string | undefined; ; ) {
    const page = { limit: 1_000, ...(cursor !== undefined && { cursor }) };
    const { items, nextCursor } = await database.execute(operations.listCollections, page, call);
    for (const { documentCount } of items) count += documentCount;
    cursor = nextCursor;
    if (cursor === undefined) return count;
  }
}

async function query(database: Database, names: readonly string[]): Promise<readonly number[]> {
  const durations: number[] = [];
  for (const collection of names) {
    const vector = nextVector();
    const startMs = performance.now();
    const { matches } = await database.execute(
      operations.query,
      { collection, vector, include: ["text"] },
      call,
    );
    durations.push(performance.now() - startMs);
    if (matches.length !== Math.min(10, documentCount)) throw new Error(`found ${matches.length} documents`);
  }
  return durations;
}

function latencies(durations: readonly number[]): Latencies {
  const sorted = durations.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
  return { p50: at(0.5), p95: at(0.95) };
}

async function inChild<Figures>(role: string, directory: string): Promise<Figures> {
  const shape = ["collections", "documents", "dimension", "queries"] as const;
  const args = shape.flatMap((name) => [`--${name}`, flags[name]]);
  const script = [process.argv[1]!, "--role", role, "--directory", directory, ...args];
  const child = spawn(process.execPath, [...process.execArgv, "--expose-gc", ...script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  await new Promise((resolve) => child.once("close", resolve));
  return JSON.parse(output) as Figures;
}

function print(name: string, { readySeconds, before, after, queried, ...figures }: Start): void {
  if (figures.listedDocuments !== collectionCount * documentCount) {
    throw new Error(`${figures.listedDocuments} documents are listed`);
  }
  const each = (select: (memory: Memory) => number, now: Memory) =>
    ((select(now) - select(before)) / collectionCount / kibibyte).toFixed(1);
  const total = (after.residentBytes / mebibyte).toFixed(0);
  const ms = (value: number) => value.toFixed(1);
  console.log(`${name}:`);
  console.log(`  ready after ${readySeconds.toFixed(2)} s; all listed in ${ms(figures.listMs)} ms`);
  console.log(
    `  each when idle ${each((m) => m.residentBytes, after)} KiB resident, ` +
      `${each((m) => m.heapBytes, after)} KiB heap; the process ${total} MiB, ${after.fileHandles} file handles`,
  );
  console.log(
    `  first query ${ms(figures.firstMs)} ms; ${queryCount} at random: ` +
      `P50 ${ms(figures.first.p50)} ms, P95 ${ms(figures.first.p95)} ms; ` +
      `again: P50 ${ms(figures.again.p50)} ms, P95 ${ms(figures.again.p95)} ms`,
  );
  console.log(
    `  after them each ${each((m) => m.residentBytes, queried)} KiB resident, ${queried.fileHandles} file handles`,
  );
}

async function parent(): Promise<void> {
  const directory = mkdtempSync(join(flags.directory, "akidb-bench-"));
  try {
    const made = await inChild<{ readonly writeSeconds: number; readonly closeSeconds: number }>(
      "write",
      directory,
    );
    console.log(
      `${collectionCount} collections of ${documentCount} × ${dimension}, made in ${made.writeSeconds.toFixed(1)} s, ` +
        `closed in ${made.closeSeconds.toFixed(1)} s; ` +
        `${cpus()[0]?.model}, ${cpus().length} cores, Node ${process.version}`,
    );
    print("after a clean end", await inChild<Start>("start", directory));
    print("after kill -9", await inChild<Start>("start", directory));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

if (flags.role === "write") await write(flags.directory);
else if (flags.role === "start") await start(flags.directory);
else await parent();

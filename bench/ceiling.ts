/**
 * More collections than memory holds: a process writes one of `--rows` documents and copies it until there are
 * `--collections`; then a server that may hold `--ceiling` MiB of them answers searches of collections chosen at random
 * (Zipf), `--clients` at a time for `--seconds`. Printed are how often the collection was open, how long an answer took where
 * it was and where it had to be opened first, and the most memory that the collections and the process took meanwhile.
 * `--directory DIR` chooses the disk; `--role write` and `--role measure` do one half each, in that directory itself.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { type AkiDb, noDeadline, SeededRandom } from "@akidb/base";
import { connect } from "@akidb/client";
import { openDatabase, operations, ownProcess } from "@akidb/database";
import { startAkiDb } from "./load/servers.ts";
import { vectorMaker } from "./vectorMaker.ts";

const { values: flags } = parseArgs({
  options: {
    role: { type: "string", default: "parent" },
    collections: { type: "string", default: "50" },
    rows: { type: "string", default: "40000" },
    dimension: { type: "string", default: "512" },
    ceiling: { type: "string", default: "1024" },
    clients: { type: "string", default: "4" },
    seconds: { type: "string", default: "120" },
    seed: { type: "string", default: "1" },
    directory: { type: "string", default: tmpdir() },
  },
});
const collectionCount = Number(flags.collections);
const rowCount = Number(flags.rows);
const dimension = Number(flags.dimension);
const ceilingMebibytes = Number(flags.ceiling);
const mebibyte = 1024 * 1024;
const random = new SeededRandom(Number(flags.seed));

const nameOf = (number: number): string => `collection-${number}`;

const nextVector = vectorMaker(dimension, random);

async function write(directory: string): Promise<void> {
  const database = await openDatabase({ directory, command: "bench" });
  const call = { requestId: "bench", deadline: noDeadline(), caller: ownProcess };
  const collection = nameOf(0);
  const hnsw = { m: 16, efConstruction: 100 };
  await database.execute(operations.createCollection, { name: collection, dimension, hnsw }, call);
  for (let row = 0; row < rowCount; row += 1_000) {
    const documents = Array.from({ length: Math.min(1_000, rowCount - row) }, () => ({
      vector: nextVector(),
    }));
    await database.execute(operations.upsertDocuments, { collection, documents }, call);
  }
  const info = () => database.execute(operations.getCollection, { collection }, call);
  // Fewer have no graph.
  while (rowCount >= 10_000 && (await info()).indexedCount < rowCount) await sleep(100);
  const { id: snapshot } = await database.execute(operations.createSnapshot, { collection }, call);
  for (let number = 1; number < collectionCount; number++) {
    await database.execute(operations.restoreSnapshot, { collection, snapshot, into: nameOf(number) }, call);
  }
  const { memoryBytes } = await info();
  await database.close();
  console.log(JSON.stringify({ memoryBytes }));
}

/** The first collection is asked most often, the n-th an n-th as often. */
function chosen(): number {
  let sum = 0;
  for (let n = 1; n <= collectionCount; n++) sum += 1 / n;
  let left = random.nextFloat() * sum;
  for (let n = 1; n < collectionCount; n++) {
    left -= 1 / n;
    if (left < 0) return n - 1;
  }
  return collectionCount - 1;
}

interface Answers {
  readonly open: number[];
  readonly opened: number[];
  readonly failures: string[];
}

async function ask(db: AkiDb, untilMs: number, answers: Answers): Promise<void> {
  while (performance.now() < untilMs) {
    const collection = nameOf(chosen());
    const { memoryBytes } = await db.getCollection(collection);
    const startMs = performance.now();
    try {
      const { matches } = await db.collection(collection).query({ vector: nextVector(), topK: 10 });
      if (matches.length !== 10) answers.failures.push(`${matches.length} matches`);
      (memoryBytes > 0 ? answers.open : answers.opened).push(performance.now() - startMs);
    } catch (error) {
      answers.failures.push(String(error));
    }
  }
}

const residentBytes = (pid: number): number =>
  1024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]);

/** What the open collections take, by the server's own figures. */
async function collectionBytes(db: AkiDb): Promise<number> {
  const { items } = await db.listCollections({ limit: collectionCount });
  return items.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);
}

function quantile(values: readonly number[], share: number): string {
  if (values.length === 0) return "-";
  const sorted = values.toSorted((a, b) => a - b);
  return `${sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!.toFixed(1)} ms`;
}

async function parent(): Promise<void> {
  const directory = mkdtempSync(join(flags.directory, "akidb-ceiling-"));
  try {
    const args = ["--role", "write", "--directory", directory];
    const options = ["collections", "rows", "dimension", "seed"] as const;
    for (const name of options) args.push(`--${name}`, flags[name]);
    const written = spawnSync(process.execPath, [import.meta.filename, ...args], {
      stdio: ["ignore", "pipe", "inherit"],
      encoding: "utf8",
    });
    if (written.status !== 0) throw new Error("the data was not written");
    const { memoryBytes } = JSON.parse(written.stdout) as { memoryBytes: number };
    console.log(
      `${collectionCount} collections of ${rowCount} x ${dimension}, ${(memoryBytes / mebibyte).toFixed(0)} MiB each, ` +
        `${((collectionCount * memoryBytes) / mebibyte).toFixed(0)} MiB together; seed ${flags.seed}; ${cpus()[0]?.model}`,
    );
    await measure(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function measure(directory: string): Promise<void> {
  const server = await startAkiDb(directory, [
    "--limits-max-memory-bytes",
    String(ceilingMebibytes * mebibyte),
  ]);
  const db = await connect({ url: `http://127.0.0.1:${server.restPort}` });
  try {
    const answers: Answers = { open: [], opened: [], failures: [] };
    const untilMs = performance.now() + 1_000 * Number(flags.seconds);
    let isDone = false;
    const most = { resident: 0, collections: 0 };
    const watching = (async () => {
      for (; !isDone; await sleep(100)) {
        most.resident = Math.max(most.resident, residentBytes(server.pid));
        most.collections = Math.max(most.collections, await collectionBytes(db));
      }
    })();
    await Promise.all(Array.from({ length: Number(flags.clients) }, () => ask(db, untilMs, answers)));
    isDone = true;
    await watching;
    const { open, opened, failures } = answers;
    const count = open.length + opened.length;
    const share = (bytes: number) =>
      `${(bytes / mebibyte).toFixed(0)} MiB, ${((100 * bytes) / (ceilingMebibytes * mebibyte)).toFixed(0)} %`;
    console.table({
      searches: `${count} in ${flags.seconds} s`,
      failed: `${failures.length}${failures.length > 0 ? `, the first: ${failures[0]}` : ""}`,
      "open already": `${((100 * open.length) / count).toFixed(1)} %`,
      "P50, P95 where open": `${quantile(open, 0.5)}, ${quantile(open, 0.95)}`,
      "P50, P95, most where opened first": `${quantile(opened, 0.5)}, ${quantile(opened, 0.95)}, ${quantile(opened, 1)}`,
      "most memory of collections, of the ceiling": share(most.collections),
      "most memory of the process, of the ceiling": share(most.resident),
    });
  } finally {
    await db.close();
    await server.stop();
  }
}

if (flags.role === "write") await write(flags.directory);
else if (flags.role === "measure") await measure(flags.directory);
else await parent();

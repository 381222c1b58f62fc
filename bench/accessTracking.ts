/**
 * What counting the uses of a collection takes of a search: in-process searches of one collection with a graph, in turns with the
 * counter and with one that does nothing, in the processor's time of the searching thread; and the counter alone, with the clock
 * that it asks, in a loop. `npm run bench:access-tracking -- --rounds 20 --searches 3000`, after `npm run build`.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { noDeadline, SeededRandom, systemClock } from "@akidb/base";
import { type Database, openDatabase, operations, ownProcess } from "@akidb/database";
// Of the very module that the database has.
import { AccessCounter } from "../packages/database/dist/tiers/accessCounter.js";
import { vectorMaker } from "./vectorMaker.ts";

const { values: flags } = parseArgs({
  options: {
    rounds: { type: "string", default: "20" },
    searches: { type: "string", default: "3000" },
    documents: { type: "string", default: "20000" },
    dimension: { type: "string", default: "128" },
  },
});
const roundCount = Number(flags.rounds);
const searchCount = Number(flags.searches);
const documentCount = Number(flags.documents);
const dimension = Number(flags.dimension);
const nextVector = vectorMaker(dimension, new SeededRandom(1));
const collection = "bench";
const call = { requestId: "bench", deadline: noDeadline(), caller: ownProcess };

async function fill(database: Database): Promise<void> {
  await database.execute(operations.createCollection, { name: collection, dimension }, call);
  for (let row = 0; row < documentCount; row += 1_000) {
    const documents = Array.from({ length: Math.min(1_000, documentCount - row) }, () => ({
      vector: nextVector(),
    }));
    await database.execute(operations.upsertDocuments, { collection, documents }, call);
  }
  const info = () => database.execute(operations.getCollection, { collection }, call);
  while ((await info()).indexedCount < documentCount) await sleep(100);
}

/** Microseconds of this thread for one. */
async function cpuUsOf(count: number, work: () => unknown): Promise<number> {
  const before = process.threadCpuUsage();
  for (let n = 0; n < count; n++) await work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / count;
}

/** Nanoseconds of one use, and of one look at the clock that comes with it. */
function counterNs(): { readonly note: number; readonly clock: number } {
  const counter = new AccessCounter(3_600_000, { count: 0, windowStartMs: undefined, lastAtMs: undefined });
  const count = 20_000_000;
  const nsOf = (work: (n: number) => void): number => {
    for (let n = 0; n < count / 10; n++) work(n);
    const before = process.threadCpuUsage();
    for (let n = 0; n < count; n++) work(n);
    const { user, system } = process.threadCpuUsage(before);
    return ((user + system) * 1_000) / count;
  };
  const startMs = systemClock.nowMs();
  let last = 0;
  const note = nsOf((n) => counter.note(startMs + (n & 0xff_ffff)));
  const clock = nsOf(() => {
    last = Math.max(last, systemClock.nowMs());
  });
  return { note, clock };
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

async function searchUs(database: Database): Promise<{ readonly counted: number[]; readonly not: number[] }> {
  const vectors = Array.from({ length: 256 }, nextVector);
  let next = 0;
  const search = () =>
    database.execute(operations.query, { collection, vector: vectors[next++ % 256]!, topK: 10 }, call);
  const { note } = AccessCounter.prototype;
  const costs = { counted: [] as number[], not: [] as number[] };
  await cpuUsOf(searchCount, search);
  for (let round = 0; round < roundCount; round++) {
    for (const way of round % 2 === 0 ? (["counted", "not"] as const) : (["not", "counted"] as const)) {
      AccessCounter.prototype.note = way === "counted" ? note : () => {};
      costs[way].push(await cpuUsOf(searchCount, search));
    }
  }
  AccessCounter.prototype.note = note;
  return costs;
}

const directory = mkdtempSync(join(tmpdir(), "akidb-bench-"));
try {
  const database = await openDatabase({ directory, command: "bench" });
  await fill(database);
  const { counted, not } = await searchUs(database);
  const tier = await database.execute(operations.getTier, { collection }, call);
  await database.close();
  const { note, clock } = counterNs();
  const differences = counted.map((cost, round) => cost - not[round]!);
  const us = (value: number) => value.toFixed(2);
  console.log(
    `${cpus()[0]?.model}, ${cpus().length} cores, Node ${process.version}; load ${loadavg()[0]!.toFixed(1)}; ` +
      `${documentCount} x ${dimension}, ${roundCount} rounds of ${searchCount} searches; ${tier.accessCount} counted`,
  );
  console.log(
    `a search in-process: ${us(median(counted))} µs of the thread with the counter, ${us(median(not))} without; ` +
      `median difference of a round ${us(median(differences))} µs, ` +
      `from ${us(Math.min(...differences))} to ${us(Math.max(...differences))}`,
  );
  const share = (100 * (note + clock)) / 1_000 / median(not);
  console.log(
    `alone: the counter ${note.toFixed(1)} ns, the clock ${clock.toFixed(1)} ns: together ${share.toFixed(3)} % of a search`,
  );
} finally {
  rmSync(directory, { recursive: true });
}

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type AkiDb, SeededRandom } from "@akidb/base";
import { connect } from "@akidb/client";
import { open } from "@akidb/database";
import { startS3Server } from "@akidb/objects/s3-server";
import { startServerProcess } from "../serverProcess.ts";
import { countingFetch } from "./countingFetch.ts";
import { startFaultProxy } from "./faultProxy.ts";
import { HotLoad, type LoadSample } from "./hotLoad.ts";
import { inspectBucket } from "./inspectBucket.ts";
import { objectStoreOf, writeStoreConfig } from "./storeConfig.ts";
import { StoreWatch, type Transition } from "./storeWatch.ts";

export interface LongOutageOptions {
  readonly directory: string;
  readonly seed: number;
  readonly awayMs: number;
  /** Before and after it, under the same load. */
  readonly wholeMs: number;
  readonly collectionCount: number;
  /** Between two steps of each writer and reader. */
  readonly pauseMs: number;
  readonly drainMsMax: number;
  readonly onPhase?: (phase: LongOutagePhase) => void;
}

export interface LongOutagePhase {
  readonly name: "before" | "away" | "after";
  readonly load: LoadSample;
}

export interface LongOutageReport {
  /** Since the load began. */
  readonly transitions: readonly Transition[];
  readonly deadLettersMax: number;
  readonly lettersByOperation: Readonly<Record<string, number>>;
  readonly readiness: ReadonlyMap<string, number>;
  /** Answers of the server with another status than 2xx, retried by the client or not. */
  readonly refusedCount: number;
  /** From the store's return, under load. */
  readonly drainedMs: number;
  readonly verified: number;
  readonly objects: number;
  readonly unnamedPacks: number;
  readonly snapshots: number;
  readonly deletions: number;
  readonly faults: readonly string[];
}

/** Each minute the logs hand over what they have taken. */
const archiveRoundMs = 65_000;

/** How often somebody takes a snapshot, and deletes a collection. */
const choreMs = 5_000;

/**
 * A server in a process of its own, as its users run it, under the load of writers and readers, with snapshots and deletions
 * beside them: its object store goes away, and comes back. Then everything is compared: documents, and the bucket object by object.
 */
export async function runLongOutage(options: LongOutageOptions): Promise<LongOutageReport> {
  const { seed, awayMs, wholeMs, pauseMs, onPhase } = options;
  const directory = join(options.directory, "data");
  mkdirSync(directory);
  await using store = await startS3Server();
  await using proxy = await startFaultProxy(store.endpoint, new SeededRandom(seed));
  const config = join(options.directory, "config.toml");
  writeStoreConfig(config, objectStoreOf(store, proxy.endpoint));
  const server = await startServerProcess(directory, ["--config", config]);
  const counting = countingFetch();
  const db = connect({ url: server.url, fetch: counting.fetch });
  const collections = Array.from({ length: options.collectionCount }, (_, number) => `c${number}`);
  const load = new HotLoad({ collections, seed, pauseMs, tieringPolicy: "memory_s3" });
  const chores = new Chores(db, collections);
  const faults: string[] = [];
  let drainedMs = 0;
  let lettersByOperation: Readonly<Record<string, number>> = {};
  const watch = new StoreWatch(server.url);
  try {
    await load.createCollections(db);
    load.start(db);
    chores.start();
    await sleep(wholeMs);
    onPhase?.({ name: "before", load: load.sample() });
    proxy.become({ kind: "away" });
    await sleep(awayMs);
    onPhase?.({ name: "away", load: load.sample() });
    lettersByOperation = await countLetters(db);
    proxy.become({ kind: "none" });
    drainedMs = await untilDrained();
    await sleep(wholeMs);
    await chores.stop();
    await load.stop();
    onPhase?.({ name: "after", load: load.sample() });
    // The last writes go to the archive with the next round.
    await sleep(archiveRoundMs);
    await untilDrained();
    await watch.stop();
  } finally {
    await chores.stop();
    await load.stop();
    await watch.stop();
    await db.close();
    const status = await server.stop();
    if (status !== 0) faults.push(`the server ended with ${status}`);
  }
  const stored = store.bucket.keys();
  const objectStore = objectStoreOf(store);
  const reopened = await open({ path: directory, objectStore });
  const verified = await load.verify(reopened);
  await reopened.close();
  const bucket = await inspectBucket({ directory, objectStore, stored: () => stored });
  return {
    transitions: watch.transitions,
    deadLettersMax: watch.deadLettersMax,
    lettersByOperation,
    readiness: watch.readiness,
    refusedCount: counting.refusedCount,
    ...{ drainedMs, verified, objects: bucket.objects, unnamedPacks: bucket.unnamedPacks },
    snapshots: chores.snapshots,
    deletions: chores.deletions,
    faults: [
      ...[...faults, ...load.faults, ...chores.faults, ...watch.faults, ...bucket.faults],
      ...bucket.surplus.map((key) => `too much: ${key}`),
    ],
  };

  async function untilDrained(): Promise<number> {
    const startMs = performance.now();
    for (;;) {
      await sleep(250);
      const elapsedMs = performance.now() - startMs;
      const { circuit, deadLetters } = watch.state;
      if (circuit === "closed" && deadLetters === 0) return elapsedMs;
      if (elapsedMs > options.drainMsMax) {
        faults.push(`${deadLetters} dead letters are left ${elapsedMs} ms after the store's return`);
        return elapsedMs;
      }
    }
  }
}

async function countLetters(db: AkiDb): Promise<Readonly<Record<string, number>>> {
  const { items } = await db.deadLetters.list({ limit: 1_000 });
  const counts: Record<string, number> = {};
  for (const { operation } of items) counts[operation] = (counts[operation] ?? 0) + 1;
  return counts;
}

/** Snapshots, and collections that come and go: what leaves letters beside the logs. */
class Chores {
  readonly faults: string[] = [];
  snapshots = 0;
  deletions = 0;
  readonly #db: AkiDb;
  readonly #collections: readonly string[];
  #stopped = Promise.withResolvers<void>();
  #running: Promise<void> | undefined;

  constructor(db: AkiDb, collections: readonly string[]) {
    this.#db = db;
    this.#collections = collections;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped.resolve();
    await this.#running;
  }

  async #run(): Promise<void> {
    let isStopped = false;
    void this.#stopped.promise.then(() => {
      isStopped = true;
    });
    for (let round = 0; !isStopped; round++) {
      await this.#round(round);
      await Promise.race([sleep(choreMs), this.#stopped.promise]);
    }
  }

  async #round(round: number): Promise<void> {
    const db = this.#db;
    const passing = `passing${round}`;
    await this.#must("creation", async () => {
      await db.createCollection({ name: passing, dimension: 16, tieringPolicy: "memory_s3" });
    });
    await this.#must("write", async () => {
      await db.collection(passing).upsert(passingDocuments);
    });
    await this.#must("snapshot", async () => {
      await db.collection(this.#collections[round % this.#collections.length]!).createSnapshot();
      this.snapshots += 1;
    });
    if (round < 2) return;
    await this.#must("deletion", async () => {
      await db.deleteCollection(`passing${round - 2}`);
      this.deletions += 1;
    });
  }

  async #must(what: string, work: () => Promise<void>): Promise<void> {
    const startMs = performance.now();
    await work().catch((error: unknown) => {
      const elapsedMs = Math.round(performance.now() - startMs);
      this.faults.push(`${what} after ${elapsedMs} ms: ${error}`);
    });
  }
}

const passingDocuments = Array.from({ length: 50 }, (_, n) => ({
  externalId: `${n}`,
  vector: Float32Array.from({ length: 16 }, (_, at) => at + n),
}));

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type AkiDb, SeededRandom } from "@akidb/base";
import { connect } from "@akidb/client";
import { startS3Server } from "@akidb/objects/s3-server";
import { type ServerProcess, startServerProcess } from "../serverProcess.ts";
import { starveCpu } from "./cpuStarvation.ts";
import { type FaultProxy, startFaultProxy } from "./faultProxy.ts";
import { HotLoad } from "./hotLoad.ts";
import { inspectBucket } from "./inspectBucket.ts";
import { MetadataChurn } from "./metadataChurn.ts";
import { objectStoreOf, writeStoreConfig } from "./storeConfig.ts";
import { StoreWatch } from "./storeWatch.ts";

export interface EverythingOptions {
  readonly directory: string;
  readonly seed: number;
  readonly rounds: number;
  /** Under load until everything is killed, at most. */
  readonly aliveMsMax: number;
  /** Of a core, meanwhile; as much as there is if absent. */
  readonly starvedShare?: number;
  /** From then on until the store is back, at most: the process starts without it. */
  readonly awayMsMax: number;
  /** How long all may take to be whole again. */
  readonly wholeMsMax: number;
  readonly collectionCount: number;
  readonly pauseMs: number;
  readonly onRound?: (round: EverythingRound) => void;
}

export interface EverythingRound {
  readonly round: number;
  readonly writes: number;
  readonly reads: number;
  readonly startMs: number;
  /** Since the kill. */
  readonly storeBackMs: number;
  /** Since the kill: served, ready, the breaker closed, no dead letters. */
  readonly wholeMs: number;
  readonly verified: number;
}

export interface EverythingReport {
  readonly rounds: readonly EverythingRound[];
  readonly metadataChanges: number;
  readonly objects: number;
  /** What the kills have left in the bucket besides: `akidb gc` removes it. */
  readonly surplusObjects: number;
  readonly faults: readonly string[];
}

/**
 * Kills the process with -9, cuts the store off in the middle of its uploads, and with both whatever the catalog was about to
 * write; starts the process without a store, writes on, and brings the store back.
 */
export async function runEverythingAtOnce(options: EverythingOptions): Promise<EverythingReport> {
  const random = new SeededRandom(options.seed);
  const directory = join(options.directory, "data");
  mkdirSync(directory);
  await using store = await startS3Server();
  await using proxy = await startFaultProxy(store.endpoint, random);
  const config = join(options.directory, "config.toml");
  writeStoreConfig(config, objectStoreOf(store, proxy.endpoint));
  const start = () => startServerProcess(directory, ["--config", config]);
  const rounds: EverythingRound[] = [];
  const faults: string[] = [];
  const collections = Array.from({ length: options.collectionCount }, (_, number) => `c${number}`);
  const killing = new Killing(options, random, proxy, collections);
  let server = await start();
  try {
    await killing.begin(connect({ url: server.url }));
    for (let round = 1; round <= options.rounds && faults.length === 0; round++) {
      const killedAtMs = await killing.untilKilled(server);
      server = await start();
      const done = await killing.untilWhole(server, killedAtMs);
      faults.push(...killing.takeFaults());
      rounds.push({ round, startMs: server.startMs, ...done });
      options.onRound?.(rounds.at(-1)!);
    }
    const status = await server.stop();
    if (status !== 0) faults.push(`the server ended with ${status}`);
  } finally {
    await server.kill();
  }
  const objectStore = objectStoreOf(store);
  const stored = () => store.bucket.keys();
  const bucket = await inspectBucket({ directory, objectStore, stored, bringsRest: true });
  return {
    rounds,
    metadataChanges: killing.metadataChanges,
    objects: bucket.objects,
    surplusObjects: bucket.surplus.length + bucket.unnamedPacks,
    faults: [...faults, ...bucket.faults],
  };
}

class Killing {
  readonly #options: EverythingOptions;
  readonly #random: SeededRandom;
  readonly #proxy: FaultProxy;
  readonly #load: HotLoad;
  readonly #churn = new MetadataChurn();
  readonly #faults: string[] = [];
  #isKilled = false;

  constructor(
    options: EverythingOptions,
    random: SeededRandom,
    proxy: FaultProxy,
    collections: readonly string[],
  ) {
    this.#options = options;
    this.#random = random;
    this.#proxy = proxy;
    this.#load = new HotLoad({
      ...{ collections, seed: random.nextUint32(), pauseMs: options.pauseMs, tieringPolicy: "memory_s3" },
      mayFail: () => this.#isKilled,
    });
  }

  get metadataChanges(): number {
    return this.#churn.changes;
  }

  async begin(db: AkiDb): Promise<void> {
    await this.#load.createCollections(db);
  }

  /** @returns when */
  async untilKilled(server: ServerProcess): Promise<number> {
    // Whoever waits for an answer learns soon that there will be none.
    const db = connect({ url: server.url, timeoutMs: 5_000 });
    const aliveMs = this.#options.aliveMsMax * (0.5 + 0.5 * this.#random.nextFloat());
    const isStoreFirst = this.#random.nextFloat() < 0.5;
    this.#isKilled = false;
    this.#load.start(db);
    const churning = this.#churnUntilKilled(db);
    const { starvedShare } = this.#options;
    using _starvation = starvedShare === undefined ? undefined : starveCpu(server.pid, starvedShare);
    await sleep(aliveMs);
    // Uploads are under way: of what the logs have taken, and of this.
    const snapshot = db.collection("c0").createSnapshot();
    snapshot.catch(() => {});
    await sleep(this.#random.nextFloat() * 50);
    this.#isKilled = true;
    const killedAtMs = performance.now();
    if (isStoreFirst) this.#proxy.become({ kind: "away" });
    const killed = server.kill();
    this.#proxy.become({ kind: "away" });
    await killed;
    await Promise.all([this.#load.stop(), churning, snapshot.catch(() => {})]);
    return killedAtMs;
  }

  /** Writes go on while the store is not back yet. */
  async untilWhole(
    server: ServerProcess,
    killedAtMs: number,
  ): Promise<Omit<EverythingRound, "round" | "startMs">> {
    this.#isKilled = false;
    const db = connect({ url: server.url });
    const watch = new StoreWatch(server.url);
    try {
      this.#faults.push(...(await this.#churn.verify(db)));
      this.#load.start(db);
      await sleep(this.#options.awayMsMax * this.#random.nextFloat());
      this.#proxy.become({ kind: "none" });
      const storeBackMs = performance.now() - killedAtMs;
      const wholeMs = await this.#untilReady(watch, killedAtMs);
      await this.#load.stop();
      const verified = await this.#load.verify(db);
      const { writes, reads } = this.#load.sample();
      return {
        ...{ writes: writes.count, reads: reads.count, storeBackMs, wholeMs, verified },
      };
    } finally {
      await this.#load.stop();
      await watch.stop();
      this.#faults.push(...watch.faults);
      await db.close();
    }
  }

  takeFaults(): readonly string[] {
    return [...this.#faults.splice(0), ...this.#load.faults.splice(0)];
  }

  async #untilReady(watch: StoreWatch, killedAtMs: number): Promise<number> {
    for (;;) {
      await watch.looked();
      const wholeMs = performance.now() - killedAtMs;
      const { status, circuit, deadLetters } = watch.state;
      if (status === "ready" && circuit === "closed" && deadLetters === 0) return wholeMs;
      if (wholeMs > this.#options.wholeMsMax) {
        this.#faults.push(
          `not whole ${wholeMs} ms after the kill: ${status}, breaker ${circuit}, ${deadLetters} letters`,
        );
        return wholeMs;
      }
    }
  }

  async #churnUntilKilled(db: AkiDb): Promise<void> {
    while (!this.#isKilled) {
      await this.#churn.once(db, this.#random).catch((error: unknown) => {
        if (!this.#isKilled) this.#faults.push(`metadata: ${error}`);
      });
    }
  }
}

import { noDeadline, SeededRandom } from "@akidb/base";
import {
  type Database,
  type OpenDatabaseOptions,
  openDatabase,
  operations,
  ownProcess,
} from "@akidb/database";
import { startS3Server } from "@akidb/objects/s3-server";
import { bringRest } from "./bringRest.ts";
import { type BucketComparison, compareBucket } from "./compareBucket.ts";
import type { InspectedContext } from "./expectedBucket.ts";
import { type NetworkFault, startFaultProxy } from "./faultProxy.ts";
import { objectStoreOf } from "./storeConfig.ts";

export interface OutageOptions {
  readonly directory: string;
  readonly seed: number;
  /** Of each fault. */
  readonly durationMs: number;
  readonly faults: readonly NetworkFault[];
  /** Those of a store in a network if absent. */
  readonly tuning?: NonNullable<OpenDatabaseOptions["objectStoreTuning"]>;
  /** How long all may take to be in the store once the network is whole. */
  readonly drainMsMax: number;
  readonly onPhase?: (phase: OutagePhase) => void;
}

export interface OutagePhase {
  readonly fault: NetworkFault["kind"];
  readonly writes: number;
  readonly circuit: string;
  readonly deadLetters: number;
}

export interface OutageReport {
  readonly writes: number;
  readonly searches: number;
  /** Of writes and searches. */
  readonly slowestMs: number;
  readonly openings: number;
  readonly deadLettersMax: number;
  readonly restarts: number;
  readonly drainedMs: number;
  readonly objects: number;
  /** Whatever should not be so; none. */
  readonly faults: readonly string[];
  /** Packs of logs that were stored though nobody was told so: what `akidb gc` removes. */
  readonly unnamedPacks: number;
  /** What else is left for `akidb gc`, which removed it. */
  readonly surplusObjects: number;
}

const dimension = 16;
const call = { requestId: "chaos", deadline: noDeadline(), caller: ownProcess };
const noticeMsMax = 60_000;
const text = "x".repeat(1_000);

/**
 * Writes, searches, snapshots and deletions, one after the other, while the network to the object store fails in every way; then
 * waits until the store has what it is to have, and compares.
 */
export async function runOutage(options: OutageOptions): Promise<OutageReport> {
  const random = new SeededRandom(options.seed);
  await using server = await startS3Server();
  await using proxy = await startFaultProxy(server.endpoint, random);
  const faults: string[] = [];
  const counts = { writes: 0, searches: 0, slowestMs: 0, openings: 0, deadLettersMax: 0, restarts: 0 };
  const open = () =>
    openDatabase({
      directory: options.directory,
      command: "chaos",
      objectStore: objectStoreOf(server, proxy.endpoint),
      ...(options.tuning !== undefined && { objectStoreTuning: options.tuning }),
      wal: { sync: "never", segmentBytesMax: 16 * 1_024 },
      log: ({ kind }) => {
        if (kind === "object_store_away") counts.openings += 1;
      },
    });
  let database: Database = await open();
  await database.loaded();
  const inspect = <T>(run: (context: InspectedContext) => Promise<T>): Promise<T> =>
    database.execute<object, T>({ ...operations.getGauges, name: "inspect", run }, {}, call);
  const deadLetters = () => inspect(async (context) => context.deadLetters.size);

  const names: string[] = [];
  const idsOf = new Map<string, number>();
  let created = 0;
  async function create(): Promise<void> {
    const name = `c${created++}`;
    const input = { name, dimension, tieringPolicy: "memory_s3", syncPolicy: "continuous" } as const;
    await database.execute(operations.createCollection, input, call);
    names.push(name);
    idsOf.set(name, 0);
  }

  /** What needs this machine alone must not fail. */
  const must = (what: string, work: () => Promise<void>): Promise<void> =>
    work().catch((error: unknown) => void faults.push(`${what}: ${error}`));

  async function hot(what: string, work: () => Promise<void>): Promise<void> {
    const startMs = performance.now();
    await must(what, work);
    counts.slowestMs = Math.max(counts.slowestMs, performance.now() - startMs);
  }

  async function step(): Promise<void> {
    const collection = names[random.nextInt(names.length)]!;
    const number = idsOf.get(collection)!;
    idsOf.set(collection, number + 1);
    const vector = Float32Array.from({ length: dimension }, () => random.nextGaussian());
    await hot("write", async () => {
      const documents = [{ externalId: `d${number}`, vector, text }];
      await database.execute(operations.upsertDocuments, { collection, documents }, call);
      counts.writes += 1;
    });
    await hot("search", async () => {
      const { matches } = await database.execute(operations.query, { collection, vector, topK: 1 }, call);
      if (matches[0]?.externalId !== `d${number}`) faults.push(`${collection}: d${number} is not found`);
      counts.searches += 1;
    });
    const dice = random.nextFloat();
    if (dice < 0.03) {
      await must("snapshot", async () => {
        await database.execute(operations.createSnapshot, { collection, wait: true }, call);
      });
    } else if (dice < 0.04 && names.length > 2) {
      await must("deletion", async () => {
        await database.execute(operations.deleteCollection, { collection }, call);
      });
      names.splice(names.indexOf(collection), 1);
      await create();
    }
  }

  try {
    for (let count = 0; count < 3; count++) await create();
    for (const fault of options.faults) {
      proxy.become(fault);
      const writesBefore = counts.writes;
      const endMs = performance.now() + options.durationMs;
      const openingsBefore = counts.openings;
      let mayRestart = fault.kind === "away";
      // An outage lasts until it is noticed, and the process is another one then.
      while (performance.now() < endMs || (mayRestart && performance.now() < endMs + noticeMsMax)) {
        await step();
        counts.deadLettersMax = Math.max(counts.deadLettersMax, await deadLetters());
        if (mayRestart && counts.openings > openingsBefore) {
          mayRestart = false;
          counts.restarts += 1;
          await database.close();
          database = await open();
          await database.loaded();
        }
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      options.onPhase?.({
        fault: fault.kind,
        writes: counts.writes - writesBefore,
        circuit: database.readiness().objectStore.circuit,
        deadLetters: await deadLetters(),
      });
    }
    proxy.become({ kind: "none" });
    const drainedMs = await untilDrained();
    const found = await inspect((context) => compareBucket(context, server.bucket.keys()));
    faults.push(...found.faults);
    if (found.surplus.length > 0) {
      const { surplus } = await inspect(withoutGarbage);
      faults.push(...surplus.map((key) => `too much, and not garbage: ${key}`));
    }
    const { objects, unnamedPacks } = found;
    return { ...counts, drainedMs, objects, unnamedPacks, surplusObjects: found.surplus.length, faults };
  } finally {
    proxy.become({ kind: "none" });
    await database.close();
  }

  /**
   * A put that was given up may be carried out all the same, and even behind the deletion of what it was for: a store has no
   * order among requests. Only who looks for garbage finds that.
   */
  async function withoutGarbage(context: InspectedContext): Promise<BucketComparison> {
    const request = { isDryRun: false, olderThanMs: 0, withUnknownCollections: true };
    await context.garbage.run(request, noDeadline());
    return await compareBucket(context, server.bucket.keys());
  }

  async function untilDrained(): Promise<number> {
    const startMs = performance.now();
    for (;;) {
      const isDone = await inspect(bringRest);
      const elapsedMs = performance.now() - startMs;
      if (isDone) return elapsedMs;
      if (elapsedMs > options.drainMsMax) {
        faults.push(`not drained within ${options.drainMsMax} ms: ${await deadLetters()} dead letters`);
        return elapsedMs;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

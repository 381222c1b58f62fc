import { fileURLToPath } from "node:url";
import { type AkiDb, type Collection, type CollectionInfo, isAkiDbError, SeededRandom } from "@akidb/base";
import { connect } from "@akidb/client";
import { builtUrl } from "../builtUrl.ts";
import { type ServerProcess, startProcess } from "../serverProcess.ts";
import { CheckpointCounter, type CheckpointCounts } from "./checkpointCounter.ts";
import { ChunkChurn, type ChunkCounts } from "./chunkChurn.ts";
import {
  CrashModel,
  crashDimension,
  documentOf,
  patchOf,
  wholeGeneration,
  writtenGeneration,
} from "./crashModel.ts";
import { SnapshotChurn, type SnapshotCounts } from "./snapshotChurn.ts";

export interface CrashOptions {
  readonly directory: string;
  readonly rounds: number;
  readonly seed: number;
  readonly writers?: number;
  /** Runs between the death of a server and the next start: what a worse crash would do to the files. */
  readonly afterKill?: () => void;
  readonly onRound?: (round: CrashRound) => void;
}

export interface CrashRound {
  readonly round: number;
  readonly killedAfterMs: number;
  readonly acknowledged: number;
  readonly startMs: number;
  readonly verified: number;
}

export interface CrashReport extends CheckpointCounts, SnapshotCounts, ChunkCounts {
  readonly rounds: number;
  readonly acknowledged: number;
  readonly verified: number;
  readonly startMsMax: number;
  /** What was wrong; empty if nothing was lost. */
  readonly losses: readonly string[];
}

const collectionName = "crash";
/** Long enough, now and then, for a snapshot to be made and restored beside the writes. */
const killedAfterMsMax = 1_500;
const program = fileURLToPath(builtUrl(import.meta.url, "./crashServer.js"));

/**
 * Kills a server with -9 at random moments under concurrent writes, again and again, and looks after every restart
 * whether each acknowledged write is there, and none half there. Single and batch upserts, replacements, atomic
 * batches, patches, deletions, over a graph, checkpoints and compactions; collections that come and go; one whose snapshots
 * are made, restored in place and cloned while it is written; and documents in chunks.
 */
export async function runCrashRounds({
  directory,
  rounds,
  seed,
  writers = 8,
  afterKill = () => {},
  onRound = () => {},
}: CrashOptions): Promise<CrashReport> {
  const random = new SeededRandom(seed);
  const models = Array.from({ length: writers }, () => new CrashModel());
  const churn = new CollectionChurn();
  const snapshots = new SnapshotChurn();
  const chunks = new ChunkChurn();
  const checkpoints = new CheckpointCounter(directory);
  const losses: string[] = [];
  let acknowledged = 0;
  let verified = 0;
  let startMsMax = 0;
  let server = await startProcess([program, directory], directory);
  try {
    const first = connect({ url: server.url });
    await first.createCollection({ name: collectionName, dimension: crashDimension });
    await snapshots.begin(first);
    await chunks.begin(first);
    for (let round = 1; round <= rounds; round++) {
      const killedAfterMs = 5 + random.nextInt(killedAfterMsMax);
      const seeds = Array.from({ length: writers + 4 }, () => random.nextUint32());
      const counts = await writeUntilKilled({
        server,
        models,
        churns: [churn, snapshots.writer, snapshots, chunks],
        seeds,
        killedAfterMs,
      });
      afterKill();
      server = await startProcess([program, directory], directory);
      startMsMax = Math.max(startMsMax, server.startMs);
      const database = connect({ url: server.url });
      losses.push(...(await churn.verify(database)));
      // What is not served cannot be looked at.
      if (losses.length > 0) break;
      const checks = await Promise.all(models.map((model, n) => verify(database, model, n, losses)));
      losses.push(...(await snapshots.verify(database)), ...(await chunks.verify(database)));
      checkpoints.look();
      const inRound = { acknowledged: sum(counts), verified: sum(checks) };
      acknowledged += inRound.acknowledged;
      verified += inRound.verified;
      onRound({ round, killedAfterMs, startMs: server.startMs, ...inRound });
      if (losses.length > 0) break;
    }
    const status = await server.stop();
    if (status !== 0) losses.push(`the server ended with ${status} when it was asked to stop`);
    return {
      rounds,
      acknowledged,
      verified,
      startMsMax,
      losses,
      ...checkpoints.counts,
      ...snapshots.counts,
      ...chunks.counts,
    };
  } finally {
    await server.kill();
  }
}

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

interface RoundParts {
  readonly server: ServerProcess;
  readonly models: readonly CrashModel[];
  readonly churns: readonly Churn[];
  readonly seeds: readonly number[];
  readonly killedAfterMs: number;
}

/** What else goes on while documents are written; it ends when the server is gone. */
export interface Churn {
  once(database: AkiDb, random: SeededRandom): Promise<void>;
}

async function writeUntilKilled({
  server,
  models,
  churns,
  seeds,
  killedAfterMs,
}: RoundParts): Promise<readonly number[]> {
  const database = connect({ url: server.url });
  const collection = database.collection(collectionName);
  const alive = { until: performance.now() + killedAfterMs };
  const randoms = seeds.map((seed) => new SeededRandom(seed));
  const writing = models.map((model, n) =>
    untilKilled(alive, () => writeOnce(collection, model, randoms[n]!, n)),
  );
  const churning = churns.map((churn, n) =>
    untilKilled(alive, async () => {
      await churn.once(database, randoms[models.length + n]!);
      return 0;
    }),
  );
  await new Promise((resolve) => setTimeout(resolve, killedAfterMs));
  await server.kill();
  return Promise.all([...writing, ...churning]);
}

interface Alive {
  readonly until: number;
}

/** @returns how many writes were acknowledged */
async function untilKilled({ until }: Alive, once: () => Promise<number>): Promise<number> {
  let acknowledged = 0;
  for (;;) {
    const isOver = performance.now() > until;
    try {
      acknowledged += await once();
    } catch (error) {
      if (isAkiDbError(error) && error.code === "unavailable") return acknowledged;
      throw error;
    }
    if (isOver) return acknowledged;
  }
}

async function writeOnce(
  collection: Collection,
  model: CrashModel,
  random: SeededRandom,
  writer: number,
): Promise<number> {
  const existing = model.pick(random);
  if (existing !== undefined && random.nextInt(5) === 0) {
    model.attempt(existing, 0);
    await collection.delete(existing);
    model.acknowledge(existing);
    return 1;
  }
  if (existing !== undefined && random.nextInt(5) === 0) {
    const document = await collection.get(existing, { include: ["metadata"] });
    const generation = model.nextGeneration();
    model.attempt(existing, generation);
    await collection.patch(existing, { metadata: patchOf(generation, writtenGeneration(document)!) });
    model.acknowledge(existing);
    return 1;
  }
  const size = random.nextInt(3) === 0 ? 2 + random.nextInt(20) : 1;
  const keys = new Set(
    Array.from({ length: size }, () =>
      existing !== undefined && random.nextInt(2) === 0 ? existing : `w${writer}-${random.nextInt(500)}`,
    ),
  );
  const documents = [...keys].map((key) => {
    const generation = model.nextGeneration();
    model.attempt(key, generation);
    return documentOf(key, generation);
  });
  await collection.upsert(documents, { atomic: random.nextInt(2) === 0 });
  for (const key of keys) model.acknowledge(key);
  return keys.size;
}

/** @returns how many keys were looked at */
async function verify(database: AkiDb, model: CrashModel, writer: number, losses: string[]): Promise<number> {
  const collection = database.collection(collectionName);
  const entries = model.entries();
  for (const [key, { generation, attempted }] of entries) {
    const found = await generationOf(collection, key);
    const allowed = attempted === undefined ? [generation] : [generation, attempted];
    if (found === undefined) losses.push(`${key}: parts of different generations`);
    else if (!allowed.includes(found)) {
      losses.push(`${key}: generation ${found} is there, and ${allowed.join(" or ")} belongs there`);
    } else model.settle(key, found);
  }
  const [sample] = model.entries().filter(([, state]) => state.generation > 0);
  if (sample !== undefined) {
    const [key] = sample;
    const { vector } = await collection.get(key, { include: ["vector"] });
    for (const exact of [false, true]) {
      const { matches } = await collection.query({ vector: vector!, topK: 1, exact });
      if (matches[0]?.externalId === key) continue;
      losses.push(`${key} of writer ${writer}: ${exact ? "an exact search" : "a search"} does not find it`);
    }
  }
  return entries.length;
}

/** 0: there is none; undefined: it is not whole. */
async function generationOf(collection: Collection, key: string): Promise<number | undefined> {
  try {
    const document = await collection.get(key, { include: ["metadata", "text", "vector"] });
    return wholeGeneration(key, document);
  } catch (error) {
    if (isAkiDbError(error) && error.code === "not_found") return 0;
    throw error;
  }
}

/** Creates and deletes collections, and knows which must exist. */
class CollectionChurn implements Churn {
  /** True: exists; false: does not; undefined: a request for it was never answered. */
  readonly #exists = new Map<string, boolean | undefined>();
  #made = 0;

  async once(database: AkiDb, random: SeededRandom): Promise<void> {
    const existing = [...this.#exists].filter(([, exists]) => exists === true);
    const [doomed] = existing[random.nextInt(Math.max(1, existing.length))] ?? [];
    if (doomed !== undefined && existing.length > 3) {
      this.#exists.set(doomed, undefined);
      await database.deleteCollection(doomed);
      this.#exists.set(doomed, false);
      return;
    }
    this.#made += 1;
    const name = `churn-${this.#made}`;
    this.#exists.set(name, undefined);
    await database.createCollection({ name, dimension: 16 });
    this.#exists.set(name, true);
  }

  async verify(database: AkiDb): Promise<readonly string[]> {
    const items = await loadedCollections(database);
    const names = new Set(items.map(({ name }) => name));
    const losses = items
      .filter(({ state }) => state !== "ready")
      .map(({ name, state, stateReason }) => `collection ${name} is ${state}: ${stateReason}`);
    for (const [name, exists] of this.#exists) {
      if (exists !== undefined && exists !== names.has(name)) {
        losses.push(`collection ${name} ${exists ? "is missing" : "came back"}`);
      }
      if (names.has(name)) this.#exists.set(name, true);
      else this.#exists.delete(name);
    }
    return losses;
  }
}

async function loadedCollections(database: AkiDb): Promise<readonly CollectionInfo[]> {
  for (;;) {
    const { items } = await database.listCollections({ limit: 1_000 });
    if (items.every(({ state }) => state !== "loading")) return items;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

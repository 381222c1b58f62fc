import { createHash } from "node:crypto";
import { type AkiDb, type Clock, SeededRandom, systemClock, type Tier } from "@akidb/base";
import { type ObjectStoreOptions, open } from "@akidb/database";

export interface TierLife {
  readonly directory: string;
  readonly objectStore: ObjectStoreOptions;
  readonly seed: number;
  readonly documentCount: number;
  readonly dimension: number;
  readonly say: (line: string) => void;
}

const dayMs = 86_400_000;
const batchRows = 1_000;
const queryCount = 20;
/** Of all that a stage may take on a slow disk. */
const stageMsMax = 600_000;

/**
 * The life of a collection by the rules, with a clock that is put forward: hot, warm after 7 days, hot with a read, cold after 30
 * days, hot with a read; all of its documents and answers are compared at each stage.
 *
 * @throws where a document or an answer is not what it was
 */
export async function runTierLife(life: TierLife): Promise<void> {
  let aheadMs = 0;
  const clock: Clock = {
    nowMs: () => systemClock.nowMs() + aheadMs,
    monotonicMs: () => systemClock.monotonicMs() + aheadMs,
  };
  const { directory, objectStore, say } = life;
  const db = await open({ path: directory, objectStore, clock, tiering: { intervalMs: 20 } });
  const stage = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const startMs = systemClock.monotonicMs();
    const result = await work();
    const { memory, disk, objects } = await bytes(db);
    const tookMs = Math.round(systemClock.monotonicMs() - startMs);
    say(`${name}: ${tookMs} ms; memory ${memory} MiB, disk ${disk} MiB, object store ${objects} MiB`);
    return result;
  };
  try {
    await stage("insert", () => fill(db, life));
    const before = await stage("hot, read in full", () => fingerprint(db, life));
    const check = async (): Promise<void> => {
      if ((await fingerprint(db, life)) !== before)
        throw new Error("documents or answers are not what they were");
    };
    for (const [days, tier] of [
      [7, "warm"],
      [30, "cold"],
    ] as const) {
      aheadMs += days * dayMs;
      await stage(`${days} days later: ${tier}`, () => becomes(db, tier));
      await stage("a read", () => db.collection("life").query({ vector: queries(life)[0]!, topK: 1 }));
      await stage("hot again", () => becomes(db, "hot"));
      await stage("read in full, equal in every bit", check);
    }
  } finally {
    await db.close();
  }
}

async function fill(db: AkiDb, { documentCount, dimension, seed }: TierLife): Promise<void> {
  await db.createCollection({ name: "life", dimension, tieringPolicy: "memory_s3" });
  const random = new SeededRandom(seed);
  for (let from = 0; from < documentCount; from += batchRows) {
    const documents = Array.from({ length: Math.min(batchRows, documentCount - from) }, (_, n) => ({
      externalId: `d${from + n}`,
      vector: randomVector(random, dimension),
      text: `document ${from + n}`,
      metadata: { part: (from + n) % 10 },
    }));
    await db.collection("life").upsert(documents);
  }
  for (;;) {
    const { indexedCount, documentCount: count } = await db.getCollection("life");
    // A small one has no graph.
    if (indexedCount === count || count < 10_000) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function becomes(db: AkiDb, wanted: Tier): Promise<void> {
  const untilMs = systemClock.monotonicMs() + stageMsMax;
  for (;;) {
    const { tier } = await db.collection("life").getTier();
    if (tier === wanted) return;
    if (systemClock.monotonicMs() > untilMs) throw new Error(`it is ${tier}, and does not get ${wanted}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Of every document, and of what some queries answer. */
async function fingerprint(db: AkiDb, life: TierLife): Promise<string> {
  const hash = createHash("sha256");
  const collection = db.collection("life");
  for await (const document of collection.scroll({ include: ["vector", "text", "metadata"] })) {
    const { vector, ...rest } = document;
    hash.update(JSON.stringify(rest)).update(new Uint8Array(vector!.slice().buffer));
  }
  for (const vector of queries(life)) {
    for (const filter of [undefined, { part: 3 }]) {
      const query = { vector, topK: 10, ...(filter !== undefined && { filter }) };
      const { matches } = await collection.query(query);
      hash.update(JSON.stringify(matches.map(({ id, score }) => [id, score])));
    }
  }
  return hash.digest("hex");
}

function queries({ seed, dimension }: TierLife): readonly Float32Array[] {
  const random = new SeededRandom(seed + 1);
  return Array.from({ length: queryCount }, () => randomVector(random, dimension));
}

const randomVector = (random: SeededRandom, dimension: number): Float32Array =>
  Float32Array.from({ length: dimension }, () => random.nextFloat() - 0.5);

async function bytes(db: AkiDb) {
  const { hot, warm, cold } = await db.tierMetrics();
  const sum = (of: "memoryBytes" | "diskBytes" | "objectBytes"): string =>
    ((hot[of] + warm[of] + cold[of]) / 1024 ** 2).toFixed(1);
  return { memory: sum("memoryBytes"), disk: sum("diskBytes"), objects: sum("objectBytes") };
}

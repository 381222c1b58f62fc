import { type AkiDb, type Collection, type JsonObject, SeededRandom, type TieringPolicy } from "@akidb/base";

export interface HotLoadOptions {
  readonly collections: readonly string[];
  readonly seed: number;
  /** Between two steps of each writer and reader. */
  readonly pauseMs: number;
  readonly tieringPolicy: TieringPolicy;
  /** Whether what failed may have failed, as where the server is killed; none may if absent. */
  readonly mayFail?: (error: unknown) => boolean;
}

export interface Latencies {
  readonly count: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly maxMs: number;
}

/** Since the one before. */
export interface LoadSample {
  readonly writes: Latencies;
  readonly reads: Latencies;
}

interface Seat {
  readonly collection: Collection;
  /** The last generation of each key. */
  readonly acknowledged: Uint32Array;
}

const dimension = 32;
/** Below the threshold of graphs with all their dead rows: what is searched for is found for certain. */
const keyCount = 3_000;
const text = "x".repeat(500);
const pausedMs = 100;

function vectorOf(key: number, generation: number): Float32Array {
  const random = new SeededRandom(key * 1_000_003 + generation);
  return Float32Array.from({ length: dimension }, () => random.nextGaussian());
}

/**
 * One writer and one reader for each of some collections, who know what must be there: a writer alone writes its keys, one
 * request at a time, and finds each write by a search; a reader never finds a generation older than was acknowledged.
 */
export class HotLoad {
  /** Whatever should not be so. */
  readonly faults: string[] = [];
  /** What failed and might. */
  excusedCount = 0;
  readonly #options: HotLoadOptions;
  readonly #acknowledged = new Map<string, Uint32Array>();
  readonly #latencies: Record<"writes" | "reads", number[]> = { writes: [], reads: [] };
  readonly #random: SeededRandom;
  #running: Promise<unknown> | undefined;
  #isStopped = false;

  constructor(options: HotLoadOptions) {
    this.#options = options;
    this.#random = new SeededRandom(options.seed);
    for (const name of options.collections) this.#acknowledged.set(name, new Uint32Array(keyCount));
  }

  async createCollections(db: AkiDb): Promise<void> {
    const { collections, tieringPolicy } = this.#options;
    for (const name of collections) {
      await db.createCollection({ name, dimension, tieringPolicy, syncPolicy: "continuous" });
    }
  }

  /** Again, too, once it was stopped. */
  start(db: AkiDb): void {
    const { collections } = this.#options;
    this.#isStopped = false;
    const seats = collections.flatMap((name) => {
      const seat = { collection: db.collection(name), acknowledged: this.#acknowledged.get(name)! };
      return [
        this.#repeat((random) => this.#write(seat, random)),
        this.#repeat((random) => this.#read(seat, random)),
      ];
    });
    this.#running = Promise.all(seats);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
  }

  sample(): LoadSample {
    const { writes, reads } = this.#latencies;
    return { writes: latenciesOf(writes.splice(0)), reads: latenciesOf(reads.splice(0)) };
  }

  /** Every document that was acknowledged is there, in its last generation or a later one, whole. @returns how many */
  async verify(db: AkiDb): Promise<number> {
    let count = 0;
    for (const [name, acknowledged] of this.#acknowledged) {
      for (const [key, generation] of acknowledged.entries()) {
        if (generation === 0) continue;
        const { vector, metadata } = await db
          .collection(name)
          .get(`k${key}`, { include: ["vector", "metadata"] });
        const found = generationOf(metadata);
        const isWhole = vectorOf(key, found).every((component, at) => vector![at] === component);
        if (found < generation || !isWhole) {
          this.faults.push(`${name}: k${key} is of generation ${found}, ${generation} was written`);
        }
        count += 1;
      }
    }
    return count;
  }

  async #repeat(step: (random: SeededRandom) => Promise<void>): Promise<void> {
    const random = new SeededRandom(this.#random.nextUint32());
    while (!this.#isStopped) {
      await step(random).catch(async (error: unknown) => {
        if (this.#options.mayFail?.(error) === true) this.excusedCount += 1;
        else this.faults.push(String(error));
        await new Promise((resolve) => setTimeout(resolve, pausedMs));
      });
      await new Promise((resolve) => setTimeout(resolve, this.#options.pauseMs));
    }
  }

  async #write({ collection, acknowledged }: Seat, random: SeededRandom): Promise<void> {
    const key = random.nextInt(keyCount);
    const generation = acknowledged[key]! + 1 + random.nextInt(2);
    const vector = vectorOf(key, generation);
    await this.#timed("writes", () =>
      collection.upsert([{ externalId: `k${key}`, vector, text, metadata: { generation } }]),
    );
    acknowledged[key] = generation;
    const { matches } = await this.#timed("reads", () => collection.query({ vector, topK: 1 }));
    if (matches[0]?.externalId !== `k${key}`) {
      this.faults.push(`${collection.nameOrId}: k${key} is not found`);
    }
  }

  async #read({ collection, acknowledged }: Seat, random: SeededRandom): Promise<void> {
    const key = random.nextInt(keyCount);
    const atLeast = acknowledged[key]!;
    if (atLeast === 0) return;
    const { metadata } = await this.#timed("reads", () =>
      collection.get(`k${key}`, { include: ["metadata"] }),
    );
    const generation = generationOf(metadata);
    if (generation < atLeast) {
      this.faults.push(`${collection.nameOrId}: k${key} is of generation ${generation}, not ${atLeast}`);
    }
  }

  async #timed<Result>(kind: "writes" | "reads", work: () => Promise<Result>): Promise<Result> {
    const startMs = performance.now();
    const result = await work();
    this.#latencies[kind].push(performance.now() - startMs);
    return result;
  }
}

const generationOf = (metadata: JsonObject | undefined): number => Number(metadata?.["generation"]);

function latenciesOf(times: readonly number[]): Latencies {
  const sorted = Float64Array.from(times).sort();
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  return { count: sorted.length, p50Ms: at(0.5), p95Ms: at(0.95), maxMs: at(1) };
}

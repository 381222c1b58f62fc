import { type AkiDb, isAkiDbError, type SeededRandom } from "@akidb/base";
import { crashDimension, documentOf, wholeGeneration } from "./crashModel.ts";

export interface SnapshotCounts {
  /** Acknowledged, as are the others. */
  readonly snapshots: number;
  readonly restores: number;
  readonly clones: number;
}

const name = "kept";
const cloneName = "kept-clone";
/** Enough for a graph. */
const keys = Array.from({ length: 200 }, (_, n) => `s${n}`);

interface Snapshot {
  readonly id: string;
  /** Of which it may be. */
  readonly generations: ReadonlySet<number>;
}

/**
 * A collection whose snapshots are made, restored in place and cloned while it is written. Every write replaces all of
 * its documents by those of one generation, so whatever is found must be of one: a mixture is half a write, half a
 * snapshot or half a restored collection.
 */
export class SnapshotChurn {
  readonly counts = { snapshots: 0, restores: 0, clones: 0 };
  /** Generations that may be there, by what was acknowledged. */
  #allowed = new Set<number>();
  #lastGeneration = 0;
  /** A write that is not answered yet. */
  #inFlight: number | undefined;
  #snapshots: Snapshot[] = [];
  /** Generations that a snapshot or restored collection in progress may have, besides. */
  #watchers: Set<number>[] = [];
  #restoresBegun = 0;
  #restoresDone = 0;
  /** Undefined: a request for the clone, or its deletion, was never answered. */
  #clone: Snapshot | "absent" | undefined = "absent";
  #cloneCandidates: ReadonlySet<number> = new Set();

  async begin(database: AkiDb): Promise<void> {
    await database.createCollection({ name, dimension: crashDimension });
    await this.#write(database);
  }

  /** Writes at the same time as {@link SnapshotChurn.once}. */
  readonly writer = {
    once: async (database: AkiDb): Promise<void> => {
      try {
        await this.#write(database);
      } catch (error) {
        const isRestoring = this.#restoresBegun > this.#restoresDone;
        if (!isRestoring || !isAkiDbError(error) || error.code !== "unavailable") throw error;
        // What comes while a collection is closed to be replaced is refused.
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    },
  };

  async once(database: AkiDb, random: SeededRandom): Promise<void> {
    const snapshot = this.#snapshots[random.nextInt(Math.max(1, this.#snapshots.length))];
    const action = random.nextInt(4);
    if (snapshot === undefined || action === 0) await this.#createSnapshot(database);
    else if (action === 1) await this.#restore(database, snapshot);
    else if (action === 2) await this.#cloneOrDelete(database, snapshot);
    else if (this.#snapshots.length > 2) await this.#deleteSnapshot(database, snapshot);
  }

  /** @returns what is wrong; what is there now is what counts from here on */
  async verify(database: AkiDb): Promise<readonly string[]> {
    const losses: string[] = [];
    this.#watchers = [];
    this.#inFlight = undefined;
    this.#restoresDone = this.#restoresBegun;
    const generation = await generationOf(database, name);
    if (typeof generation !== "number") losses.push(`collection ${name}: ${generation}`);
    else if (!this.#allowed.has(generation)) losses.push(this.#describe(name, generation, this.#allowed));
    else this.#allowed = new Set([generation]);
    losses.push(...(await this.#verifyClone(database)), ...(await this.#verifySnapshots(database)));
    return losses;
  }

  async #write(database: AkiDb): Promise<void> {
    const generation = ++this.#lastGeneration;
    for (const generations of [this.#allowed, ...this.#watchers]) generations.add(generation);
    const restoresDone = this.#restoresDone;
    this.#inFlight = generation;
    await database.collection(name).upsert(keys.map((key) => documentOf(key, generation)));
    this.#inFlight = undefined;
    // What was acknowledged while it was restored may belong to what it was before.
    const wasAlone = this.#restoresBegun === restoresDone;
    if (wasAlone)
      for (const other of [...this.#allowed]) if (other !== generation) this.#allowed.delete(other);
  }

  async #createSnapshot(database: AkiDb): Promise<void> {
    const generations = new Set(this.#allowed);
    const { id } = await this.#watching(generations, () => database.collection(name).createSnapshot());
    this.#snapshots.push({ id, generations });
    this.counts.snapshots += 1;
  }

  async #restore(database: AkiDb, { id, generations }: Snapshot): Promise<void> {
    this.#restoresBegun += 1;
    for (const generation of generations) this.#allowed.add(generation);
    // A write in flight may come after it.
    const restored = new Set(generations);
    if (this.#inFlight !== undefined) restored.add(this.#inFlight);
    await this.#watching(restored, () => database.collection(name).restoreSnapshot(id));
    this.#allowed = restored;
    this.#restoresDone += 1;
    this.counts.restores += 1;
  }

  async #cloneOrDelete(database: AkiDb, snapshot: Snapshot): Promise<void> {
    const clone = this.#clone;
    this.#clone = undefined;
    if (clone !== "absent") {
      await database.deleteCollection(cloneName);
      this.#clone = "absent";
      return;
    }
    this.#cloneCandidates = snapshot.generations;
    await database.collection(name).restoreSnapshot(snapshot.id, { into: cloneName });
    this.#clone = snapshot;
    this.counts.clones += 1;
  }

  async #deleteSnapshot(database: AkiDb, snapshot: Snapshot): Promise<void> {
    this.#snapshots = this.#snapshots.filter((other) => other !== snapshot);
    await database.collection(name).deleteSnapshot(snapshot.id);
  }

  async #verifyClone(database: AkiDb): Promise<readonly string[]> {
    const found = await generationOf(database, cloneName);
    const expected = this.#clone;
    if (found === "is missing") {
      this.#clone = "absent";
      return expected === undefined || expected === "absent" ? [] : [`collection ${cloneName} is missing`];
    }
    if (expected === "absent") return [`collection ${cloneName} came back`];
    if (typeof found === "string") return [`collection ${cloneName}: ${found}`];
    const allowed = this.#cloneCandidates;
    this.#clone = { id: "", generations: allowed };
    return allowed.has(found) ? [] : [this.#describe(cloneName, found, allowed)];
  }

  async #verifySnapshots(database: AkiDb): Promise<readonly string[]> {
    const { items: found } = await database.collection(name).listSnapshots();
    const unsound = found.filter(({ state }) => state !== "ready");
    const missing = this.#snapshots.filter(({ id }) => !found.some((info) => info.id === id));
    return [
      ...unsound.map(({ id, state, stateReason }) => `snapshot ${id} is ${state}: ${stateReason}`),
      ...missing.map(({ id }) => `snapshot ${id} is missing`),
    ];
  }

  async #watching<T>(generations: Set<number>, work: () => Promise<T>): Promise<T> {
    this.#watchers.push(generations);
    const result = await work();
    this.#watchers = this.#watchers.filter((other) => other !== generations);
    return result;
  }

  #describe(collection: string, generation: number, allowed: ReadonlySet<number>): string {
    return `collection ${collection} is of generation ${generation}, and one of ${[...allowed]} belongs there`;
  }
}

/** The one generation of all documents, or what is wrong with them. */
async function generationOf(database: AkiDb, collectionName: string): Promise<number | string> {
  const collection = database.collection(collectionName);
  const generations = new Set<number | undefined>();
  try {
    for (const key of keys) {
      const document = await collection.get(key, { include: ["metadata", "text", "vector"] });
      generations.add(wholeGeneration(key, document));
    }
    const { documentCount } = await database.getCollection(collectionName);
    if (documentCount !== keys.length) return `has ${documentCount} documents`;
  } catch (error) {
    if (!isAkiDbError(error) || error.code !== "not_found") throw error;
    const { items } = await database.listCollections({ limit: 1_000 });
    return items.some((item) => item.name === collectionName) ? "lacks documents" : "is missing";
  }
  const [generation] = generations;
  return generations.size === 1 && generation !== undefined
    ? generation
    : `mixes the generations ${[...generations]}`;
}

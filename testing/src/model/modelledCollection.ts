import { rmSync } from "node:fs";
import { noDeadline, type Quantization, SeededRandom, systemClock, UuidV7Generator } from "@akidb/base";
import {
  type Builders,
  Collection,
  createCollectionFiles,
  nodeDisk,
  type OpenCollectionOptions,
  readSnapshotManifest,
  restoreSnapshot,
} from "@akidb/engine";
import {
  chunkCount,
  chunkedDocumentsOf,
  chunkKeysOf,
  chunksMax,
  documentsOf,
  keyOf,
  nameOf,
  patchesOf,
} from "./modelDocuments.ts";
import { type ModelStep, modelKeysMax } from "./modelStep.ts";
import { documentVector, modelDimension, modelVector, nearestScores } from "./modelVectors.ts";
import { mortalDisk } from "./mortalDisk.ts";

export interface ModelledCollectionOptions {
  /** An empty directory. */
  readonly directory: string;
  readonly quantization: Quantization;
  readonly builders: Builders;
}

/** By key, that of a chunk included; of the step that wrote, and of the last that patched since. */
interface Contents {
  readonly generations: Map<number, number>;
  readonly patches: Map<number, number>;
}

interface Snapshot {
  readonly directory: string;
  readonly contents: Contents;
}

/** One life of the collection, from an opening to a close or a crash. */
interface Life {
  readonly directory: string;
  readonly dieAfter: (operations: number) => void;
  readonly collection: Collection;
}

const snapshotsMax = 3;
const ids = new UuidV7Generator(systemClock, new SeededRandom(1));
const collectionId = ids.next<"collection">();

/** A collection, and the Map that it must equal after every step. */
export class ModelledCollection {
  readonly counts = {
    writes: 0,
    /** Documents, of one or more chunks each. */
    chunked: 0,
    patches: 0,
    searches: 0,
    exactSearches: 0,
    reopenings: 0,
    /** Openings in place, which take a graph and codes. */
    inPlace: 0,
    crashes: 0,
    /** Times that the index shrank: dead rows were dropped. */
    compactions: 0,
    checkpoints: 0,
    snapshots: 0,
    restores: 0,
    clones: 0,
  };
  /** Of the ten true nearest of each search, how many there were, and how many the graph found. */
  readonly recall = { wanted: 0, found: 0 };
  readonly faults: string[] = [];
  readonly #options: ModelledCollectionOptions;
  #life: Life;
  #contents: Contents = { generations: new Map(), patches: new Map() };
  readonly #vectors = new Map<number, Float32Array>();
  /** Chunks that there were once. */
  readonly #chunksEver = new Set<number>();
  /** The newest first. */
  #snapshots: readonly Snapshot[] = [];
  #directories = 1;
  #rowCount = 0;

  private constructor(options: ModelledCollectionOptions, life: Life) {
    this.#options = options;
    this.#life = life;
  }

  static async create(options: ModelledCollectionOptions): Promise<ModelledCollection> {
    const directory = `${options.directory}/0`;
    await createCollectionFiles({ disk: nodeDisk, directory, collectionId, clock: systemClock, ids });
    return new ModelledCollection(options, await begin(options, directory));
  }

  async apply(step: ModelStep): Promise<void> {
    await this.#perform(step);
    const { documentCount, rowCount } = this.#life.collection.stats();
    if (documentCount !== this.#generations.size) {
      this.faults.push(`${documentCount} documents instead of ${this.#generations.size}`);
    }
    const isSameLife = !["reopen", "in_place", "crash", "restore"].includes(step.kind);
    if (isSameLife && rowCount < this.#rowCount) this.counts.compactions += 1;
    this.#rowCount = rowCount;
  }

  close(): Promise<void> {
    return this.#life.collection.close();
  }

  async #perform(step: ModelStep): Promise<void> {
    switch (step.kind) {
      case "upsert":
        await this.#upsert(step.keys, step.generation);
        return;
      case "chunks":
        return await this.#writeInChunks(step.keys, step.generation);
      case "patch":
        return await this.#patch(step.keys, step.generation);
      case "delete":
        return await this.#delete(step.keys);
      case "search":
        return await this.#search(step.seed, step.exact);
      case "snapshot":
        return await this.#snapshot();
      case "restore":
        return await this.#restore(this.#snapshots[step.snapshot]);
      case "clone":
        return await this.#clone(this.#snapshots[step.snapshot]);
      case "compact":
        return await this.#compact(step.generation);
      case "checkpoint":
        await this.#life.collection.checkpoint();
        this.counts.checkpoints += 1;
        return;
      case "reopen":
        return await this.#reopen({ inPlace: false });
      case "in_place":
        return await this.#lookInPlace(step.seed);
      case "crash":
        return await this.#crash(step);
    }
  }

  async #reopen(how: { readonly inPlace: boolean }): Promise<void> {
    await this.#life.collection.close();
    this.#life = await begin(this.#options, this.#life.directory, how);
    this.#compare(this.#life.collection, this.#contents);
    this.counts.reopenings += 1;
  }

  async #lookInPlace(seed: number): Promise<void> {
    await this.#life.collection.checkpoint();
    await this.#reopen({ inPlace: true });
    if (this.#life.collection.isInPlace) this.counts.inPlace += 1;
    for (const exact of [false, true]) await this.#search(seed, exact);
    await this.#reopen({ inPlace: false });
  }

  async #upsert(keys: readonly number[], generation: number): Promise<void> {
    await this.#life.collection.upsert(documentsOf(keys, generation));
    this.#learn(keys, generation);
    this.counts.writes += keys.length;
  }

  async #writeInChunks(keys: readonly number[], generation: number): Promise<void> {
    await this.#life.collection.upsert(chunkedDocumentsOf(keys, generation));
    this.#learnChunks(keys, generation);
    this.counts.chunked += keys.length;
  }

  /** What was written before under the name, whole or in chunks, is gone. */
  #learnChunks(keys: readonly number[], generation: number): void {
    for (const key of keys) {
      for (const old of [key, ...this.#chunksOf(key)]) this.#forget(old);
      for (const chunk of chunkKeysOf(key, chunkCount(key, generation))) this.#set(chunk, generation);
    }
  }

  /** Those that are there. */
  #chunksOf(key: number): readonly number[] {
    return chunkKeysOf(key, chunksMax).filter((chunk) => this.#generations.has(chunk));
  }

  /** @returns whether it was there */
  #forget(key: number): boolean {
    this.#vectors.delete(key);
    this.#contents.patches.delete(key);
    return this.#generations.delete(key);
  }

  #learn(keys: readonly number[], generation: number): void {
    for (const key of keys) this.#set(key, generation);
  }

  #set(key: number, generation: number): void {
    if (key >= modelKeysMax) this.#chunksEver.add(key);
    this.#generations.set(key, generation);
    this.#contents.patches.delete(key);
    this.#vectors.set(key, documentVector(key, generation));
  }

  async #patch(keys: readonly number[], generation: number): Promise<void> {
    const items = await this.#life.collection.patch(patchesOf(keys, generation));
    for (const [index, key] of keys.entries()) {
      if (items[index]!.ok === this.#generations.has(key)) continue;
      this.faults.push(`patch of ${key} did not see what was there`);
    }
    const count = this.#learnPatches(keys, generation);
    const query = { vector: modelVector(generation), topK: keys.length, exact: true, include: [] };
    const filter = { patched: generation };
    const { matches } = await this.#life.collection.query({ ...query, filter }, noDeadline());
    if (matches.length !== count) this.faults.push(`a filter found ${matches.length} of ${count} patched`);
    this.counts.patches += keys.length;
  }

  /** @returns the number of documents that are there */
  #learnPatches(keys: readonly number[], generation: number): number {
    const known = keys.filter((key) => this.#generations.has(key));
    for (const key of known) this.#contents.patches.set(key, generation);
    return known.length;
  }

  get #generations(): Map<number, number> {
    return this.#contents.generations;
  }

  /** With all of their chunks. */
  async #delete(parents: readonly number[]): Promise<void> {
    const keys = parents.flatMap((key) => [key, ...this.#chunksOf(key)]);
    const removed = await this.#life.collection.delete(keys.map(nameOf));
    for (const [index, key] of keys.entries()) {
      if (removed[index] === this.#forget(key)) continue;
      this.faults.push(`deletion of ${key} did not see what was there`);
    }
    this.counts.writes += keys.length;
  }

  async #search(seed: number, exact: boolean): Promise<void> {
    const vector = modelVector(seed);
    const query = { vector, topK: 10, exact, include: ["vector" as const] };
    const matches = (await this.#life.collection.query(query, noDeadline())).matches;
    for (const match of matches) {
      const expected = this.#vectors.get(keyOf(match.externalId!));
      if (expected !== undefined && areEqual(expected, match.vector)) continue;
      this.faults.push(`${match.externalId} was found and is not there`);
    }
    const truth = nearestScores(this.#vectors.values(), vector, 10);
    const worst = truth.at(-1) ?? Number.NEGATIVE_INFINITY;
    const good = matches.filter(({ score }) => score >= worst - 1e-9).length;
    if (exact) {
      if (good < truth.length) this.faults.push(`an exact search found ${good} of ${truth.length}`);
      this.counts.exactSearches += 1;
    } else {
      this.counts.searches += 1;
      this.recall.found += Math.min(good, truth.length);
      this.recall.wanted += truth.length;
    }
  }

  async #snapshot(): Promise<void> {
    const directory = this.#newDirectory();
    const contents = copyOf(this.#contents);
    const snapshotId = ids.next<"snapshot">();
    await this.#life.collection.snapshots.write({
      directory,
      snapshotId,
      origin: "manual",
      compression: "zstd",
    });
    this.#snapshots = [{ directory, contents }, ...this.#snapshots];
    for (const { directory: old } of this.#snapshots.slice(snapshotsMax)) rmSync(old, { recursive: true });
    this.#snapshots = this.#snapshots.slice(0, snapshotsMax);
    this.counts.snapshots += 1;
  }

  async #restore(snapshot: Snapshot | undefined): Promise<void> {
    if (snapshot === undefined) return;
    const directory = await this.#restoreFiles(snapshot);
    await this.#life.collection.close();
    rmSync(this.#life.directory, { recursive: true });
    this.#life = await begin(this.#options, directory);
    this.#contents = copyOf(snapshot.contents);
    this.#vectors.clear();
    for (const [key, generation] of this.#generations) {
      this.#vectors.set(key, documentVector(key, generation));
    }
    this.#compare(this.#life.collection, this.#contents);
    this.counts.restores += 1;
  }

  async #clone(snapshot: Snapshot | undefined): Promise<void> {
    if (snapshot === undefined) return;
    const directory = await this.#restoreFiles(snapshot);
    const { collection } = await begin(this.#options, directory);
    this.#compare(collection, snapshot.contents);
    await collection.close();
    rmSync(directory, { recursive: true });
    this.counts.clones += 1;
  }

  async #restoreFiles({ directory: from }: Snapshot): Promise<string> {
    const directory = this.#newDirectory();
    const manifest = await readSnapshotManifest({ disk: nodeDisk, directory: from });
    const disk = nodeDisk;
    const expected = manifest.shape;
    await restoreSnapshot({
      disk,
      from,
      manifest,
      directory,
      collectionId,
      expected,
      clock: systemClock,
      ids,
    });
    return directory;
  }

  async #compact(generation: number): Promise<void> {
    const keys = [...this.#generations.keys()].filter((key) => key < modelKeysMax);
    // Fewer are not compacted.
    if (keys.length < 1_000) return;
    const before = this.#life.collection.stats().rowCount;
    await this.#upsert(keys.slice(0, keys.length / 2), generation);
    const isCompacted = () => this.#life.collection.stats().rowCount < before + keys.length / 2 - 1;
    while (!isCompacted()) await new Promise((resolve) => setImmediate(resolve));
  }

  async #crash({
    operations,
    keys,
    generation,
    inChunks = false,
  }: Extract<ModelStep, { kind: "crash" }>): Promise<void> {
    const { directory, dieAfter, collection } = this.#life;
    dieAfter(operations);
    const [upsert, patch] = await Promise.allSettled([
      collection.upsert((inChunks ? chunkedDocumentsOf : documentsOf)(keys, generation)),
      collection.patch(patchesOf(keys, generation)),
      collection.checkpoint(),
    ]);
    dieAfter(0);
    await collection.close().catch(() => {});
    this.#life = await begin(this.#options, directory);
    const metadataOf = (key: number) => this.#life.collection.get(nameOf(key), ["metadata"])?.metadata;
    const first = inChunks ? chunkKeysOf(keys[0]!, 1)[0]! : keys[0]!;
    const isWritten = upsert.status === "fulfilled" || metadataOf(first)?.["generation"] === generation;
    if (isWritten && inChunks) this.#learnChunks(keys, generation);
    else if (isWritten) this.#learn(keys, generation);
    const known = keys.find((key) => this.#generations.has(key));
    const isPatched = known !== undefined && metadataOf(known)?.["patched"] === generation;
    if (patch.status === "fulfilled" || isPatched) this.#learnPatches(keys, generation);
    this.#compare(this.#life.collection, this.#contents);
    this.counts.crashes += 1;
  }

  #compare(collection: Collection, { generations, patches }: Contents): void {
    const keys = new Set([...Array(modelKeysMax).keys(), ...this.#chunksEver]);
    for (const key of keys) {
      const generation = generations.get(key);
      const document = collection.get(nameOf(key), ["metadata", "vector"]);
      const isRight =
        generation === undefined
          ? document === undefined
          : document?.metadata?.["generation"] === generation &&
            document.metadata["patched"] === patches.get(key) &&
            areEqual(documentVector(key, generation), document.vector);
      if (isRight) continue;
      const { generation: found, patched } = document?.metadata ?? {};
      const there = document === undefined ? "missing" : `of generation ${found}, patched in ${patched}`;
      this.faults.push(`${nameOf(key)} is ${there}; ${generation}, ${patches.get(key)} belong there`);
    }
  }

  #newDirectory(): string {
    return `${this.#options.directory}/${this.#directories++}`;
  }
}

async function begin(
  { builders, quantization }: ModelledCollectionOptions,
  directory: string,
  { inPlace } = { inPlace: false },
): Promise<Life> {
  const { disk, dieAfter } = mortalDisk();
  const options: OpenCollectionOptions = {
    disk,
    directory,
    inPlace,
    collectionId,
    clock: systemClock,
    ids,
    dimension: modelDimension,
    metric: "cosine",
    maxDocumentCount: 1_000_000,
    metadataBytesMax: 65_536,
    recallChecksPerMinute: 0,
    // What is not synced is lost with the power, not with the process; and here it would only slow the writes down.
    wal: { sync: "never", syncIntervalMs: 100, segmentBytesMax: 1 << 20 },
    graph: {
      builders,
      quantization,
      linksMax: 16,
      efConstruction: 100,
      efSearch: 100,
      threshold: 500,
      segmentRowsMax: 3_000,
    },
    checkpointPolicy: { logBytesMin: 1 << 20, linkedRowsMin: 1_000 },
  };
  return { directory, dieAfter, collection: await Collection.open(options) };
}

const copyOf = ({ generations, patches }: Contents): Contents => ({
  generations: new Map(generations),
  patches: new Map(patches),
});

const areEqual = (a: Float32Array, b: ArrayLike<number> | undefined): boolean =>
  b !== undefined && a.every((component, i) => component === b[i]);

import { type AkiDb, type Collection, isAkiDbError, SeededRandom } from "@akidb/base";
import { type EngineTuning, type OpenOptions, open } from "@akidb/database";
import { chunkedDocument } from "../crash/chunkedDocument.ts";
import { crashDimension, documentOf, patchOf, writtenGeneration } from "../crash/crashModel.ts";
import { storedCheckpoints } from "../storedCheckpoints.ts";
import { inspectDatabase, type KnownKeys } from "./inspectDatabase.ts";
import type { JournalLine } from "./journal.ts";
import type { Generations, Operation } from "./operation.ts";

export interface HistoryOptions {
  readonly directory: string;
  readonly seed: number;
  /** Of documents; larger ones than any process before had. */
  readonly firstGeneration: number;
  readonly journal: (line: JournalLine) => void;
}

/** Small, so that all that takes hours otherwise happens within a second or two. */
const tuning: EngineTuning = {
  segmentRowsMax: 512,
  checkpointPolicy: { logBytesMin: 400_000, logShareMin: 0.1, linkedRowsMin: 400, closeLogBytesMin: 1 },
};
const options: Omit<OpenOptions, "path"> = {
  wal: { segmentBytesMax: 200_000, retentionMs: 0 },
  hnsw: { threshold: 200, m: 8, efConstruction: 40 },
  tuning,
};

/** Of the collection that lasts: compaction begins at 1,000 documents. */
const lastingKeys = 1_200;
const batchKeys = 60;

/** Documents that are written in chunks: together about as many as make their collection a graph. */
const parents = Array.from({ length: 40 }, (_, n) => `p${n}`);
const batchParents = 4;
const keysOf = (count: number) => Array.from({ length: count }, (_, n) => `k${n}`);
const writable: KnownKeys = { keys: keysOf(lastingKeys), parents };

const lastingCollections = ["lasting", "chunks"] as const;

/**
 * Looks at what is there, then does everything that a database does: collections come, grow into graphs of several
 * segments, are written and patched until they are compacted, kept in snapshots, cloned, restored and deleted; documents in chunks are
 * replaced by ones of more or fewer.
 */
export async function runHistory({ directory, seed, firstGeneration, journal }: HistoryOptions) {
  const random = new SeededRandom(seed);
  const db = await open({ path: directory, ...options });
  const state = await inspectDatabase(db, writable);
  journal({ kind: "state", state, isAfterStart: true });
  let generation = firstGeneration;
  let operations = 0;

  const perform = async (operation: Operation): Promise<string | undefined> => {
    const number = operations++;
    journal({ kind: "begun", number, operation });
    const snapshotId = await execute(db, operation);
    journal({ kind: "done", number, ...(snapshotId !== undefined && { snapshotId }) });
    return snapshotId;
  };
  const look = async () =>
    journal({ kind: "state", state: await inspectDatabase(db, writable), isAfterStart: false });
  const noteCheckpoints = async () => {
    const { id } = await db.getCollection("lasting");
    for (const { rowCount, segmentCount } of storedCheckpoints(`${directory}/collections/${id}`)) {
      journal({ kind: "checkpoint", rowCount, segmentCount });
    }
  };
  const newGenerations = (keys: readonly string[]): Generations =>
    Object.fromEntries(keys.map((key) => [key, generation++]));
  const upsert = (collection: string, keys: readonly string[]) =>
    perform({ kind: "upsert", collection, generations: newGenerations(keys) });
  /** What there is of them. */
  const patch = async (collection: string, keys: readonly string[]) => {
    const of = await writtenGenerations(db, collection, keys);
    await perform({ kind: "patch", collection, generations: newGenerations(Object.keys(of)), of });
  };
  /** In several requests at a time, which the log takes in groups. */
  const inBatches = async (
    keys: readonly string[],
    write: (batch: readonly string[]) => Promise<unknown>,
  ) => {
    for (let first = 0; first < keys.length; first += 3 * batchKeys) {
      const batches = [0, 1, 2].map((n) => keys.slice(first + n * batchKeys, first + (n + 1) * batchKeys));
      await Promise.all(batches.filter(({ length }) => length > 0).map(write));
    }
  };
  const upsertAll = (collection: string, keys: readonly string[]) =>
    inBatches(keys, (batch) => upsert(collection, batch));
  const patchAll = (collection: string, keys: readonly string[]) =>
    inBatches(keys, (batch) => patch(collection, batch));
  const drop = (collection: string) => perform({ kind: "drop", collection });

  const wholeParents = new Set(Object.keys(state.collections["chunks"]?.generations ?? {}));
  /** One request after the other, beside all else. */
  const writeChunks = async (): Promise<void> => {
    const chosen = parents.filter(() => random.nextInt(2) === 0);
    for (let first = 0; first < chosen.length; first += batchParents) {
      const batch = chosen.slice(first, first + batchParents);
      const whole = batch.filter((parent) => !wholeParents.has(parent));
      const generations = newGenerations(batch);
      await perform({ kind: "chunks", collection: "chunks", generations, whole });
      for (const parent of whole) wholeParents.add(parent);
    }
  };

  for (const name of Object.keys(state.collections)) if (!isLasting(name)) await drop(name);
  for (const name of lastingCollections) {
    if (state.collections[name] === undefined) await perform({ kind: "create", collection: name });
  }
  const before = state.collections["lasting"];
  const missing = keysOf(lastingKeys).filter((key) => before?.generations[key] === undefined);
  await Promise.all([upsertAll("lasting", missing), writeChunks()]);

  await perform({ kind: "create", collection: "young" });
  await upsertAll("young", keysOf(300));

  const replaced = keysOf(lastingKeys).filter(() => random.nextInt(3) === 0);
  await Promise.all([upsertAll("lasting", replaced), writeChunks()]);
  const doomed = new Set(Array.from({ length: 3 }, () => `k${random.nextInt(lastingKeys)}`));
  await Promise.all([...doomed].map((key) => perform({ kind: "delete", collection: "lasting", key })));
  await patchAll(
    "lasting",
    keysOf(lastingKeys).filter(() => random.nextInt(8) === 0),
  );
  await untilLinked(db, "lasting");
  await noteCheckpoints();

  const known = before?.snapshotIds ?? [];
  const snapshotId = (await perform({ kind: "snapshot", collection: "lasting" }))!;
  await perform({ kind: "upsert", collection: "lasting", generations: { k0: generation++ } });
  const clone: Operation = { kind: "clone", collection: "lasting", snapshotId, into: "clone" };
  await Promise.all([perform(clone), upsertAll("young", keysOf(60))]);
  await perform({ kind: "upsert", collection: "clone", generations: { k0: generation++ } });
  await patch("clone", ["k0", "k1"]);
  const older = known[random.nextInt(known.length + 1)] ?? snapshotId;
  await Promise.all([
    perform({ kind: "restore", collection: "lasting", snapshotId: older }),
    patchAll("young", keysOf(90)),
    writeChunks(),
  ]);
  await look();
  for (const id of known) await perform({ kind: "deleteSnapshot", collection: "lasting", snapshotId: id });
  await drop("young");
  await upsertAll("lasting", replaced.slice(0, 200));
  await patch("lasting", [replaced[0]!]);
  await patchAll(
    "lasting",
    keysOf(300).filter(() => random.nextInt(3) === 0),
  );
  await noteCheckpoints();
  await db.close();
  journal({ kind: "end" });
}

/** @returns the id of the snapshot that it made */
async function execute(db: AkiDb, operation: Operation): Promise<string | undefined> {
  const collection = db.collection(operation.collection);
  switch (operation.kind) {
    case "create":
      await db.createCollection({ name: operation.collection, dimension: crashDimension });
      return;
    case "drop":
      await db.deleteCollection(operation.collection);
      return;
    case "upsert":
      await collection.upsert(documentsOf(operation.generations));
      return;
    case "chunks":
      await writeInChunks(collection, operation);
      return;
    case "patch":
      await patchDocuments(collection, operation);
      return;
    case "delete":
      await collection.delete(operation.key).catch(ignoreMissing);
      return;
    case "snapshot":
      return (await collection.createSnapshot()).id;
    case "deleteSnapshot":
      await collection.deleteSnapshot(operation.snapshotId);
      return;
    case "restore":
      await collection.restoreSnapshot(operation.snapshotId);
      return;
    case "clone":
      await collection.restoreSnapshot(operation.snapshotId, { into: operation.into });
      return;
  }
}

async function writeInChunks(
  collection: Collection,
  { generations, whole }: Operation & { readonly kind: "chunks" },
): Promise<void> {
  const documents = Object.entries(generations).map(([parent, generation]) =>
    chunkedDocument(parent, generation, whole.includes(parent)),
  );
  const { items } = await collection.upsert(documents);
  for (const item of items) if (!item.ok) throw new Error(`a document in chunks was refused: ${item.detail}`);
}

async function patchDocuments(
  collection: Collection,
  { generations, of }: Operation & { readonly kind: "patch" },
): Promise<void> {
  const patches = Object.entries(generations).map(([id, generation]) => ({
    id,
    metadata: patchOf(generation, of[id]!),
  }));
  const [only, ...others] = patches;
  if (only === undefined) return;
  if (others.length > 0) await collection.patchMany(patches, { atomic: true });
  else await collection.patch(only.id, { metadata: only.metadata });
}

async function writtenGenerations(db: AkiDb, name: string, ids: readonly string[]): Promise<Generations> {
  const { documents } = await db.collection(name).getMany({ ids, include: ["metadata"] });
  return Object.fromEntries(
    documents.map((document) => [document.externalId!, writtenGeneration(document)!]),
  );
}

const documentsOf = (generations: Generations) =>
  Object.entries(generations).map(([key, generation]) => documentOf(key, generation));

function ignoreMissing(error: unknown): void {
  if (!isAkiDbError(error) || error.code !== "not_found") throw error;
}

const isLasting = (name: string): boolean => (lastingCollections as readonly string[]).includes(name);

async function untilLinked(db: AkiDb, name: string): Promise<void> {
  for (;;) {
    const { documentCount, indexedCount } = await db.getCollection(name);
    if (indexedCount >= documentCount) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

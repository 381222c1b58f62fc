import { type AkiDb, isAkiDbError } from "@akidb/base";
import { findChunks } from "../crash/chunkedDocument.ts";
import { vectorOf, wholeGeneration, writtenGeneration } from "../crash/crashModel.ts";
import type { CollectionState, DatabaseState } from "./world.ts";

/** Which documents there may be. */
export interface KnownKeys {
  readonly keys: readonly string[];
  /** Those that are written in chunks, in a collection of that name. */
  readonly parents: readonly string[];
}

/** Every document, found by its key, and a share of them by a search. */
export async function inspectDatabase(db: AkiDb, { keys, parents }: KnownKeys): Promise<DatabaseState> {
  const faults: string[] = [];
  const collections: Record<string, CollectionState> = {};
  const { items } = await db.listCollections({ limit: 1_000 });
  for (const { name, state, stateReason, documentCount } of items) {
    if (state !== "ready") faults.push(`collection ${name} is ${state}: ${stateReason}`);
    else if (name === "chunks")
      collections[name] = await inspectChunks({ db, name, documentCount, faults }, parents);
    else collections[name] = await inspectCollection({ db, name, documentCount, faults }, keys);
  }
  return { collections, faults };
}

interface Inspection {
  readonly db: AkiDb;
  readonly name: string;
  readonly documentCount: number;
  readonly faults: string[];
}

async function inspectChunks(
  { db, name, documentCount, faults }: Inspection,
  parents: readonly string[],
): Promise<CollectionState> {
  const collection = db.collection(name);
  const generations: Record<string, number> = {};
  let foundCount = 0;
  for (const parent of parents) {
    const found = await findChunks(collection, parent);
    if (typeof found === "string") {
      faults.push(`${name}/${parent} ${found}`);
      continue;
    }
    foundCount += found.documentCount;
    if (found.generation > 0) generations[parent] = found.generation;
  }
  if (foundCount !== documentCount) {
    faults.push(`${name} has ${documentCount} documents, and ${foundCount} are found by their parents`);
  }
  return { generations, snapshotIds: [] };
}

async function inspectCollection(
  { db, name, documentCount, faults }: Inspection,
  keys: readonly string[],
): Promise<CollectionState> {
  const collection = db.collection(name);
  const generations: Record<string, number> = {};
  const written: Record<string, number> = {};
  for (const key of keys) {
    const document = await collection
      .get(key, { include: ["metadata", "text", "vector"] })
      .catch(ignoreMissing);
    if (!document) continue;
    const generation = wholeGeneration(key, document);
    if (generation === undefined) faults.push(`${name}/${key}: parts of different generations`);
    else {
      generations[key] = generation;
      written[key] = writtenGeneration(document)!;
    }
  }
  const entries = Object.entries(generations);
  if (entries.length !== documentCount) {
    faults.push(`${name} has ${documentCount} documents, and ${entries.length} are found by their keys`);
  }
  for (const [key, generation] of entries.filter((_, n) => n % 150 === 0)) {
    const vector = vectorOf(key, written[key]!);
    const filter = { [generation === written[key] ? "generation" : "patch"]: generation };
    for (const query of [{ vector }, { vector, filter }]) {
      const { matches } = await collection.query({ ...query, topK: 1, exact: true });
      const how = "filter" in query ? "a filtered search" : "an exact search";
      if (matches[0]?.externalId !== key) faults.push(`${name}/${key}: ${how} does not find it`);
    }
  }
  const { items: snapshots } = await collection.listSnapshots();
  for (const { id, state, stateReason } of snapshots) {
    if (state !== "ready") faults.push(`snapshot ${id} of ${name} is ${state}: ${stateReason}`);
  }
  return { generations, snapshotIds: snapshots.map(({ id }) => id) };
}

function ignoreMissing(error: unknown): void {
  if (!isAkiDbError(error) || error.code !== "not_found") throw error;
}

import { type CollectionId, type Deadline, parseId } from "@akidb/base";
import type { CollectionRecord } from "@akidb/catalog";
import {
  allObjects,
  allUnfinished,
  type ObjectInfo,
  type ObjectStore,
  type UnfinishedPut,
} from "@akidb/objects";
import type { LogArchives } from "../archive/logArchives.ts";
import type { LiveCollections } from "../collections/liveCollections.ts";
import type { Reembeddings } from "../reembed/reembeddings.ts";
import type { Snapshots } from "../snapshots/snapshots.ts";
import { type GarbageLook, unknownGenerationKeptMs } from "./foundGarbage.ts";
import { isServable } from "./isServable.ts";
import { groupOf } from "./objectGroup.ts";

export interface ObjectsLeftParts {
  readonly store: ObjectStore;
  readonly collections: LiveCollections;
  readonly snapshots: Snapshots;
  readonly archives: LogArchives;
  readonly reembeddings: Reembeddings;
  /** Whether the catalog has not got a collection, and it is not being deleted. */
  readonly isGone: (id: CollectionId) => boolean;
}

const prefix = "collections/";

/** What nobody needs of the object store. */
export async function objectsLeft(parts: ObjectsLeftParts, look: GarbageLook): Promise<void> {
  const { collections } = parts;
  const ids = collections.records().map(({ id }) => id);
  await look.orProblem("the object store", async () => {
    for await (const { id, objects } of collectionsInStore(parts, look)) {
      const record = collections.recordOf(id);
      const work = () =>
        record === undefined
          ? unknown(parts, look, { id, objects })
          : ofCollection(parts, look, { record, objects });
      await look.orProblem(`${prefix}${id}/`, work);
      // In their order.
      const passed = ids.findLastIndex((each) => each <= id) + 1;
      look.onProgress(ids.length === 0 ? 0 : passed / ids.length);
    }
  });
  await look.orProblem("unfinished uploads", () => unfinished(parts, look));
}

/** By their objects, in the order of their ids. */
async function* collectionsInStore(
  { store }: ObjectsLeftParts,
  { deadline }: GarbageLook,
): AsyncGenerator<{ readonly id: CollectionId; readonly objects: readonly ObjectInfo[] }> {
  let id: CollectionId | undefined;
  let objects: ObjectInfo[] = [];
  for await (const object of allObjects(store, { prefix, deadline })) {
    const next = collectionOf(object.key);
    if (next === id) {
      objects.push(object);
      continue;
    }
    if (id !== undefined) yield { id, objects };
    id = next;
    objects = [object];
  }
  if (id !== undefined) yield { id, objects };
}

const collectionOf = (key: string): CollectionId | undefined =>
  parseId<"collection">(key.slice(prefix.length).split("/", 1)[0] ?? "");

async function unknown(
  { store, isGone }: ObjectsLeftParts,
  { take, withUnknownCollections, deadline }: GarbageLook,
  { id, objects }: { readonly id: CollectionId; readonly objects: readonly ObjectInfo[] },
): Promise<void> {
  if (!isGone(id)) return;
  const { keys, ...extent } = groupOf(objects);
  const remove = withUnknownCollections ? () => removeObjects(store, keys, deadline) : undefined;
  await take({ kind: "unknown_collection", name: `${prefix}${id}/`, ...extent, count: keys.length, remove });
}

async function ofCollection(
  { store, collections, archives, snapshots, reembeddings }: ObjectsLeftParts,
  { take, modifiedBeforeMs, deadline }: GarbageLook,
  { record, objects }: { readonly record: CollectionRecord; readonly objects: readonly ObjectInfo[] },
): Promise<void> {
  // Each is looked at and removed while nothing of its kind is stored.
  const unnamedOf = (generation: number, name: string): Promise<void> =>
    archives.of({ id: record.id, generation }).unnamedObjects(modifiedBeforeMs, async (unnamed) => {
      if (unnamed.length === 0) return;
      const { keys, ...extent } = groupOf(unnamed);
      const remove = () => removeObjects(store, keys, deadline);
      await take({ kind: "unnamed_log_objects", name, ...extent, count: keys.length, remove });
    });
  const logs = logsOf(record.id, objects);
  for (const [generation, { name }] of logs) {
    if (generation === record.generation) await unnamedOf(generation, name);
  }
  const others = [...logs].filter(([generation]) => generation !== record.generation);
  if (others.length > 0 && isServable(collections, record)) {
    await reembeddings.whileWanted(record, async (wanted) => {
      for (const [generation, { name, objects: log }] of others) {
        if (wanted.has(generation)) {
          await unnamedOf(generation, name);
          continue;
        }
        const { keys, ...extent } = groupOf(log);
        const remove = () => removeObjects(store, keys, deadline);
        const keptMs = unknownGenerationKeptMs;
        await take({ kind: "unwanted_generation_log", name, ...extent, count: keys.length, keptMs, remove });
      }
    });
  }
  await snapshots.withoutManifest(record, async (ofSnapshot, name) => {
    const { keys, ...extent } = groupOf(ofSnapshot);
    const remove = () => removeObjects(store, keys, deadline);
    await take({ kind: "snapshot_without_manifest", name, ...extent, count: keys.length, remove });
  });
}

interface ArchivedLog {
  /** The prefix of its keys. */
  readonly name: string;
  readonly objects: ObjectInfo[];
}

/** What a log's archive makes, by the generation that the log is of. */
function logsOf(id: CollectionId, objects: readonly ObjectInfo[]): ReadonlyMap<number, ArchivedLog> {
  const logs = new Map<number, ArchivedLog>();
  for (const object of objects) {
    const shape = /^(?:g([1-9]\d{0,9})\/)?wal\/(?:MANIFEST-\d+\.json$|packs\/|segments\/)/;
    const found = shape.exec(object.key.slice(`${prefix}${id}/`.length));
    if (found === null) continue;
    const generation = Number(found[1] ?? 0);
    const name = `${prefix}${id}/${generation === 0 ? "" : `g${generation}/`}wal/`;
    const log = logs.get(generation) ?? { name, objects: [] };
    log.objects.push(object);
    logs.set(generation, log);
  }
  return logs;
}

/** What nobody puts any more has got no part for long. Those of collections that are not known may be another server's. */
async function unfinished(
  { store, collections, isGone }: ObjectsLeftParts,
  { take, modifiedBeforeMs, withUnknownCollections, deadline }: GarbageLook,
): Promise<void> {
  const groups = new Map<string, { readonly id: CollectionId | undefined; readonly puts: UnfinishedPut[] }>();
  for await (const put of allUnfinished(store, { prefix, deadline })) {
    if (put.modifiedAtMs >= modifiedBeforeMs) continue;
    const id = put.key === undefined ? undefined : collectionOf(put.key);
    // Not of a shape that is ours.
    if (put.key !== undefined && id === undefined) continue;
    const name = id === undefined ? "@temporary/" : `${prefix}${id}/`;
    const group = groups.get(name) ?? { id, puts: [] };
    group.puts.push(put);
    groups.set(name, group);
  }
  for (const [name, { id, puts }] of groups) {
    const isOwn = id === undefined || collections.recordOf(id) !== undefined || collections.deletions.has(id);
    const mayGo = isOwn || (withUnknownCollections && isGone(id));
    await take({
      kind: "unfinished_upload",
      name,
      bytes: puts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      count: puts.length,
      modifiedAtMs: puts.reduce((latest, put) => Math.max(latest, put.modifiedAtMs), 0),
      remove: mayGo
        ? async () => {
            for (const put of puts) await store.removeUnfinished(put, { deadline });
          }
        : undefined,
    });
  }
}

async function removeObjects(store: ObjectStore, keys: readonly string[], deadline: Deadline): Promise<void> {
  const [failure] = await store.deleteMany(keys, { deadline });
  if (failure !== undefined) throw failure.error;
}

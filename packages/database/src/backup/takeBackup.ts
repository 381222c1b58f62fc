import { setTimeout as pause } from "node:timers/promises";
import {
  type BackupReport,
  type Clock,
  type CollectionId,
  type Deadline,
  formatTimestamp,
  isAkiDbError,
  unavailable,
} from "@akidb/base";
import {
  type Catalog,
  type CatalogImage,
  catalogImageOfFiles,
  catalogImageWithout,
  dataVersion,
} from "@akidb/catalog";
import { nodeDisk, snapshotManifestFile } from "@akidb/engine";
import { DamagedObjectError, type ObjectStore } from "@akidb/objects";
import { readRestores } from "../archive/restores.ts";
import type { LiveCollection, LiveCollections } from "../collections/liveCollections.ts";
import type { ServedModels } from "../models/servedModels.ts";
import type { RestorableSnapshot } from "../snapshots/restorableSnapshot.ts";
import type { Snapshots } from "../snapshots/snapshots.ts";
import type { ColdCopies } from "../tiers/coldCopies.ts";
import { BackupLock } from "./backupLock.ts";
import {
  type BackedUpCollection,
  type BackupManifest,
  backupKey,
  encodeBackupManifest,
} from "./backupManifest.ts";
import { BackupProgress, type BackupStep } from "./backupProgress.ts";
import { ContentStore } from "./contentStore.ts";
import { findBackup } from "./findBackup.ts";

/** What is backed up; all of it may change meanwhile. */
export interface BackupSource {
  readonly catalog: Catalog;
  readonly collections: LiveCollections;
  readonly snapshots: Snapshots;
  readonly coldCopies: ColdCopies;
  readonly embedding: Pick<ServedModels, "chosen">;
  readonly clock: Clock;
}

export interface BackupTaking {
  /** Where to; other backups there are left as they are, and what they have is not sent again. */
  readonly store: ObjectStore;
  readonly id: string;
  readonly deadline: Deadline;
  readonly onProgress: (step: BackupStep) => void;
}

type CatalogEntry = CatalogImage["collections"][number];

interface Taking extends BackupTaking, BackupSource {
  readonly contents: ContentStore;
  readonly progress: BackupProgress;
  /** As the latest backup has them. */
  readonly before: ReadonlyMap<string, BackedUpCollection>;
}

/** A collection is served for a moment after the catalog has it, and no longer for a moment before it has it no more. */
const waitsMax = 600;
const waitMs = 50;

/** A restore in place takes the files away that are read, and puts others there. */
const attemptsMax = 3;

/**
 * Copies the catalog of one moment and, while writes go on, a snapshot of every collection that it names. The backup
 * exists once its manifest does, which is written when all else has been read back.
 *
 * @throws AkiDbError `failed_precondition` where a collection is damaged, `unavailable` where the store cannot be reached
 * or content is being removed from it; what the deadline throws
 */
export async function takeBackup(source: BackupSource, taking: BackupTaking): Promise<BackupReport> {
  const { store, id, deadline, onProgress } = taking;
  const { clock } = source;
  await using lock = await BackupLock.take({ store, kind: "shared", id, clock, deadline });
  const all: Taking = {
    catalog: source.catalog,
    collections: source.collections,
    snapshots: source.snapshots,
    coldCopies: source.coldCopies,
    embedding: source.embedding,
    clock,
    ...taking,
    contents: new ContentStore({ store, disk: nodeDisk, deadline }),
    progress: new BackupProgress(onProgress),
    before: new Map((await latestReadable(store))?.collections.map((each) => [each.id, each])),
  };
  const { image, collections, createdAtMs } = await copyOfOneGeneration(all);
  // What is cold here is not where the backup will be restored.
  const catalog = await all.contents.putBytes(catalogImageOfFiles(image).bytes);
  if (catalog.isNew) all.progress.sent(catalog.bytes);
  const defaultModel = source.embedding.chosen ?? null;
  const manifest: BackupManifest = { id, createdAtMs, dataVersion, defaultModel, catalog, collections };
  const bytes = encodeBackupManifest(manifest);
  await lock.check();
  await store.put(backupKey(id), bytes, { ifNoneMatch: "*", sizeBytes: bytes.length, deadline });
  all.progress.sent(bytes.length);
  all.progress.finish();
  return { ...summaryOf(manifest), sentBytes: all.progress.sentBytes };
}

/** A damaged one costs no more than that everything is read again. */
async function latestReadable(store: ObjectStore): Promise<BackupManifest | undefined> {
  try {
    return await findBackup(store);
  } catch (error) {
    if (error instanceof DamagedObjectError) return undefined;
    throw error;
  }
}

/** A collection has other vectors by now than the catalog says that is backed up. */
class ReembeddedMeanwhile extends Error {}

/** All is looked at again then, and nothing sent twice. */
async function copyOfOneGeneration(taking: Taking): Promise<Copied> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await copyCollections(taking);
    } catch (error) {
      if (!(error instanceof ReembeddedMeanwhile)) throw error;
      if (attempt === attemptsMax) throw unavailable(error.message);
    }
  }
}

interface Copied {
  readonly image: CatalogImage;
  readonly collections: readonly BackedUpCollection[];
  readonly createdAtMs: number;
}

/**
 * The catalog is as it was at the beginning, but for collections that were deleted before their turn came: the backup is
 * without them. One that was deleted or created later does no harm.
 */
async function copyCollections(taking: Taking): Promise<Copied> {
  const { catalog, clock, progress, collections } = taking;
  const createdAtMs = clock.nowMs();
  const image = await catalog.image();
  progress.plan(image.collections.map(({ id }) => sizeOf(collections.peek(id))));
  const copied: BackedUpCollection[] = [];
  const gone = new Set<CollectionId>();
  for (const entry of image.collections) {
    const copy = await copyUnlessDeleted(taking, entry);
    if (copy === undefined) gone.add(entry.id);
    else copied.push(copy);
    progress.end();
  }
  const kept = gone.size === 0 ? image : catalogImageWithout(image, gone);
  return { image: kept, createdAtMs, collections: copied };
}

/** @returns undefined where it is deleted */
async function copyUnlessDeleted(
  taking: Taking,
  entry: CatalogEntry,
): Promise<BackedUpCollection | undefined> {
  const { catalog, deadline } = taking;
  for (let waits = 0; ; waits++) {
    const copy = await copyIfThere(taking, entry);
    if (copy !== undefined) return copy;
    const isDeleted = await catalog.collections.get(entry.id).then(() => false, isNotFound);
    if (isDeleted) return undefined;
    if (waits === waitsMax) {
      throw unavailable(`collection "${entry.name}" is being created or deleted; try again`);
    }
    await pause(waitMs, undefined, { signal: deadline.signal }).catch(() => deadline.check());
  }
}

function isNotFound(error: unknown): true {
  if (isAkiDbError(error) && error.code === "not_found") return true;
  throw error;
}

/** Enough to weigh one against the others. */
const sizeOf = (served: ReturnType<LiveCollections["peek"]>): number =>
  1 + (served !== undefined && "diskBytes" in served ? served.diskBytes : 0);

/** @returns undefined where it is being created or deleted */
async function copyIfThere(taking: Taking, entry: CatalogEntry): Promise<BackedUpCollection | undefined> {
  const { collections, deadline, progress } = taking;
  /** Another one once the collection is restored, none once it is deleted. */
  const slotOf = (): object | undefined => collections.useOf(entry)?.slot;
  for (let attempt = 1; ; attempt++) {
    const slot = slotOf();
    if (slot === undefined) return undefined;
    progress.begin(entry.name);
    const { tier } = collections.tierStateOf(entry);
    try {
      if (tier === "cold") return await copyCold(taking, entry);
      using live = await collections.get(entry.databaseId, entry.id, deadline, { isAccess: false });
      requireSameGeneration(live.record, entry);
      return await copyCollection(taking, live);
    } catch (error) {
      deadline.check();
      if (error instanceof ReembeddedMeanwhile) throw error;
      const isSame = slotOf() === slot && collections.tierStateOf(entry).tier === tier;
      if (isSame || (attempt === attemptsMax && slotOf() !== undefined)) throw error;
    }
  }
}

/** From the object store, where it is; it does not come back for that. */
async function copyCold(taking: Taking, entry: CatalogEntry): Promise<BackedUpCollection> {
  const { collections, coldCopies, contents, before: all, progress } = taking;
  const record = collections.find(entry.databaseId, entry.id);
  requireSameGeneration(record, entry);
  const before = all.get(record.id);
  const restores = await readRestores(nodeDisk, collections.directoryOf(record));
  const restoredAtMs = restores.at(-1)?.atMs ?? null;
  const { snapshotId } = collections.tierStateOf(record);
  if (snapshotId === null) throw unavailable(`collection "${record.name}" is coming back; try again`);
  const isCopied = before?.restoredAtMs === restoredAtMs && (await contents.hasAll(before.files));
  if (isCopied && before.lsn === (await coldCopies.manifest(record, snapshotId))?.lsn) {
    progress.copied(before.files.reduce((sum, { bytes }) => sum + bytes, 0));
    return { ...before, name: record.name };
  }
  return await coldCopies.whileHere(record, snapshotId, async (snapshot) => {
    const { lsn, documentCount } = snapshot.manifest;
    const files = await copyFiles(taking, snapshot);
    return { id: record.id, name: record.name, documentCount, lsn, restoredAtMs, files };
  });
}

function requireSameGeneration(found: Pick<CatalogEntry, "name" | "generation">, entry: CatalogEntry): void {
  if (found.generation === entry.generation) return;
  throw new ReembeddedMeanwhile(`collection "${entry.name}" was re-embedded meanwhile; try again`);
}

async function copyCollection(taking: Taking, live: LiveCollection): Promise<BackedUpCollection> {
  const { collections, snapshots, contents, before: all, progress } = taking;
  const { record, collection } = live;
  const before = all.get(record.id);
  const restores = await readRestores(nodeDisk, collections.directoryOf(record));
  const restoredAtMs = restores.at(-1)?.atMs ?? null;
  const isUnchanged = before?.lsn === collection.lastLsn && before.restoredAtMs === restoredAtMs;
  if (isUnchanged && (await contents.hasAll(before.files))) {
    progress.copied(before.files.reduce((sum, { bytes }) => sum + bytes, 0));
    return { ...before, name: record.name };
  }
  const onWritten = (share: number): void => progress.written(share);
  return await snapshots.whileKept(live, onWritten, async (snapshot) => {
    const { lsn, documentCount } = snapshot.manifest;
    const files = await copyFiles(taking, snapshot);
    return { id: record.id, name: record.name, documentCount, lsn, restoredAtMs, files };
  });
}

async function copyFiles(
  { contents, progress }: Taking,
  { directory, manifest }: RestorableSnapshot,
): Promise<BackedUpCollection["files"]> {
  const names = [...manifest.files.map(({ name }) => name), snapshotManifestFile];
  const totalBytes = manifest.files.reduce((sum, { bytes }) => sum + bytes, 0);
  progress.expect(totalBytes);
  const copies = await Promise.allSettled(
    names.map(async (name) => {
      const { isNew, ...content } = await contents.putFile(`${directory}/${name}`);
      progress.copied(content.bytes);
      if (isNew) progress.sent(content.bytes);
      return { name, ...content };
    }),
  );
  return copies.map((copy) => {
    // All of them have ended, so that nothing reads the files any more.
    if (copy.status === "rejected") throw copy.reason;
    return copy.value;
  });
}

export function summaryOf({
  id,
  createdAtMs,
  catalog,
  collections,
}: BackupManifest): Omit<BackupReport, "sentBytes"> {
  const files = collections.flatMap((collection) => collection.files);
  return {
    id,
    createdAt: formatTimestamp(createdAtMs),
    collectionCount: collections.length,
    documentCount: collections.reduce((sum, { documentCount }) => sum + documentCount, 0),
    totalBytes: files.reduce((sum, { bytes }) => sum + bytes, catalog.bytes),
  };
}

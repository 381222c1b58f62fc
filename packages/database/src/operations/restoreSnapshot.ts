import { alreadyExists, type CollectionInfo, failedPrecondition, invalidArgument } from "@akidb/base";
import type { CollectionRecord } from "@akidb/catalog";
import { nodeDisk } from "@akidb/engine";
import { chosenDatabase, namedCollection } from "../access/resources.ts";
import { checkRestorePoint, type RestorePoint } from "../archive/logChain.ts";
import { restoreLogUntil } from "../archive/restoreLogUntil.ts";
import { checkSameHistory, readRestores } from "../archive/restores.ts";
import { collectionInfo } from "../collections/collectionInfo.ts";
import type { LogRestoring } from "../collections/restoredFiles.ts";
import { defineOperation, type OperationContext } from "../operation.ts";
import type { RestorableSnapshot } from "../snapshots/restorableSnapshot.ts";
import { requireServedDatabase } from "../tenancy/requireServedDatabase.ts";
import { timeWithZone } from "../timeWithZone.ts";
import type { SnapshotReference } from "./deleteSnapshot.ts";

export interface RestoreSnapshotInput extends SnapshotReference {
  /** The name of a new collection; the snapshot's own becomes what it was if absent. */
  readonly into?: string;
  /** What came behind the snapshot, too, up to this LSN of the collection's log, which is included. */
  readonly untilLsn?: number;
  /** What came behind the snapshot, too, up to this time, which is included; ISO 8601 with its zone. */
  readonly untilTime?: string;
}

export const restoreSnapshot = defineOperation<RestoreSnapshotInput, CollectionInfo>({
  name: "restoreSnapshot",
  permission: "snapshot::restore",
  resource: namedCollection,
  further: (context, { into }) =>
    into === undefined ? [] : [{ action: "collection::create", resource: chosenDatabase(context) }],
  run: async (context, { collection, snapshot: reference, into, ...until }) => {
    const { collections, snapshots, reembeddings, databaseId } = context;
    const record = collections.find(databaseId, collection);
    const point = restorePoint(until);
    return await collections.restores.inTurn(record, async () => {
      if (into === undefined) await reembeddings.requireNone(record);
      const snapshot = await snapshots.require(record, reference);
      if (into === undefined || point !== undefined) requireSameVectors(record, snapshot);
      const restoreLog = point && (await logRestoring(context, { record, snapshot, point }));
      if (into === undefined) {
        await collections.restores.restore(record, snapshot, restoreLog);
        return collectionInfo(record, collections);
      }
      const source = await asItWas(context, record, snapshot);
      const clone = await cloneCollection(context, { source, snapshot, name: into, restoreLog });
      return collectionInfo(clone, collections);
    });
  },
});

/** @throws AkiDbError `failed_precondition` where the collection was re-embedded since */
function requireSameVectors({ name, generation }: CollectionRecord, { manifest }: RestorableSnapshot): void {
  if (manifest.generation === generation) return;
  throw failedPrecondition(
    `snapshot ${manifest.snapshotId} has other vectors than collection "${name}" has since it was re-embedded; restore ` +
      "it into a new collection, as it is",
  );
}

/** What a new collection gets from the snapshot: its vectors, and what embeds texts like them. */
async function asItWas(
  { reembeddings }: OperationContext,
  record: CollectionRecord,
  { manifest }: RestorableSnapshot,
): Promise<CollectionRecord> {
  const generation = await reembeddings.generationOf(record, manifest.generation);
  if (generation !== undefined) return { ...record, ...generation };
  throw failedPrecondition(
    `snapshot ${manifest.snapshotId} has vectors of a model that nobody knows any more: the catalog does not tell of it`,
  );
}

function restorePoint({
  untilLsn,
  untilTime,
}: Pick<RestoreSnapshotInput, "untilLsn" | "untilTime">): RestorePoint | undefined {
  if (untilLsn !== undefined && untilTime !== undefined) {
    throw invalidArgument("until_time", "must not be given together with until_lsn");
  }
  if (untilLsn !== undefined) {
    if (Number.isSafeInteger(untilLsn) && untilLsn >= 0) return { kind: "lsn", lsn: untilLsn };
    throw invalidArgument("until_lsn", "must be a whole number");
  }
  if (untilTime === undefined) return undefined;
  return { kind: "time", timeMs: timeWithZone("until_time", untilTime) };
}

interface PointRestoring {
  readonly record: CollectionRecord;
  readonly snapshot: RestorableSnapshot;
  readonly point: RestorePoint;
}

/** Whatever was acknowledged by now is in closed files of the log afterwards. */
async function logRestoring(
  { collections, archives, databaseId, clock, call }: OperationContext,
  { record, snapshot, point }: PointRestoring,
): Promise<LogRestoring> {
  const { manifest } = snapshot;
  checkRestorePoint({ point, snapshot: manifest, nowMs: clock.nowMs() });
  const collectionDirectory = collections.directoryOf(record);
  checkSameHistory(manifest, await readRestores(nodeDisk, collectionDirectory));
  using live = await collections.get(databaseId, record.id, call.deadline);
  await live.collection.handOverLog();
  const archive = record.tieringPolicy === "memory" ? undefined : archives.of(record);
  return (directory, targetId) =>
    restoreLogUntil({ manifest, point, collectionDirectory, archive, targetId }, directory);
}

interface Cloning {
  readonly source: CollectionRecord;
  readonly snapshot: RestorableSnapshot;
  readonly name: string;
  readonly restoreLog: LogRestoring | undefined;
}

/** As a collection is created: its files first, under a provisional name, then the catalog's row, which decides. */
async function cloneCollection(
  { catalog, collections, databaseId }: OperationContext,
  { source, snapshot, name, restoreLog }: Cloning,
): Promise<CollectionRecord> {
  if ((await catalog.collections.findByName(databaseId, name)) !== undefined) {
    throw alreadyExists(`collection ${JSON.stringify(name)}`);
  }
  const { createdAt: _, updatedAt: __, ...settings } = source;
  const id = await collections.creations.beginFrom(snapshot, source, restoreLog);
  const commit = catalog.transaction(async (repositories) => {
    await requireServedDatabase(repositories, databaseId);
    return await repositories.collections.create(databaseId, { ...settings, id, name });
  });
  const record = await commit.catch(async (error: unknown) => {
    await collections.creations.abandon(id);
    throw error;
  });
  await collections.add(record);
  return record;
}

import {
  formatTimestamp,
  type IdGenerator,
  noDeadline,
  systemClock,
  systemRandom,
  UuidV7Generator,
} from "@akidb/base";
import { dataVersion } from "@akidb/catalog";
import { nodeDisk, snapshotManifestFile } from "@akidb/engine";
import type { ObjectStore } from "@akidb/objects";
import { readRestores } from "../archive/restores.ts";
import type { LiveCollection } from "../collections/liveCollections.ts";
import { type OpenDatabaseOptions, openDatabase } from "../openDatabase.ts";
import { defineOperation, type OperationContext } from "../operation.ts";
import {
  type BackedUpCollection,
  type BackupManifest,
  backupKey,
  encodeBackupManifest,
} from "./backupManifest.ts";
import { ContentStore } from "./contentStore.ts";
import { findBackup } from "./findBackup.ts";

export interface BackupOptions {
  /** Where to; other backups there are left as they are, and what they have is not sent again. */
  readonly store: ObjectStore;
  /** Told what is done of all collections, 0..1, and which one is next. */
  readonly onProgress?: (progress: number, collection: string) => void;
}

export interface BackupReport {
  readonly id: string;
  readonly createdAt: string;
  readonly collectionCount: number;
  readonly documentCount: number;
  /** Of all that the backup consists of. */
  readonly totalBytes: number;
  readonly sentBytes: number;
}

/**
 * Copies a data directory that no process has open: the catalog and a snapshot of every collection. The backup exists once
 * its manifest does, which is written when all else has been read back.
 *
 * @throws AkiDbError `failed_precondition` where a collection is damaged, or another process has the directory
 */
export async function backUp(
  database: OpenDatabaseOptions,
  { store, onProgress = () => {} }: BackupOptions,
): Promise<BackupReport> {
  const { clock = systemClock, random = systemRandom } = database;
  const ids = new UuidV7Generator(clock, random);
  const opened = await openDatabase({
    ...database,
    snapshot: { ...database.snapshot, intervalMs: 0, afterBytes: 0 },
    autoInitialize: false,
  });
  try {
    await opened.loaded();
    return await opened.execute(
      backUpAll,
      { store, onProgress, ids },
      { requestId: "backup", deadline: noDeadline() },
    );
  } finally {
    await opened.close();
  }
}

interface BackupInput extends Required<BackupOptions> {
  readonly ids: IdGenerator;
}

const backUpAll = defineOperation<BackupInput, BackupReport>({
  name: "backUp",
  permission: "server::admin",
  run: async (context, { store, onProgress, ids }) => {
    const { catalog, collections, databaseId, clock, call } = context;
    const contents = new ContentStore(store, nodeDisk);
    const before = new Map((await findBackup(store))?.collections.map((each) => [each.id, each]));
    const image = await contents.putBytes(await catalog.image());
    let sentBytes = image.isNew ? image.bytes : 0;
    const records = collections.records();
    const done: BackedUpCollection[] = [];
    for (const [index, { id, name }] of records.entries()) {
      onProgress(index / records.length, name);
      using live = await collections.get(databaseId, id, call.deadline);
      const { collection, sent } = await backUpCollection(context, {
        live,
        contents,
        before: before.get(id),
      });
      done.push(collection);
      sentBytes += sent;
    }
    const manifest: BackupManifest = {
      id: ids.next(),
      createdAtMs: clock.nowMs(),
      dataVersion,
      catalog: image,
      collections: done,
    };
    const bytes = encodeBackupManifest(manifest);
    await store.put(backupKey(manifest.id), bytes, { ifNoneMatch: "*", sizeBytes: bytes.length });
    onProgress(1, "");
    return { ...summaryOf(manifest), sentBytes: sentBytes + bytes.length };
  },
});

interface CollectionBackup {
  readonly live: LiveCollection;
  readonly contents: ContentStore;
  /** As the latest backup has it. */
  readonly before: BackedUpCollection | undefined;
}

async function backUpCollection(
  { collections, snapshots }: OperationContext,
  { live, contents, before }: CollectionBackup,
): Promise<{ readonly collection: BackedUpCollection; readonly sent: number }> {
  const { record, collection } = live;
  const restores = await readRestores(nodeDisk, collections.directoryOf(record));
  const restoredAtMs = restores.at(-1)?.atMs ?? null;
  const isUnchanged = before?.lsn === collection.lastLsn && before.restoredAtMs === restoredAtMs;
  if (isUnchanged && (await contents.hasAll(before.files))) {
    return { collection: { ...before, name: record.name }, sent: 0 };
  }
  const { id } = await (await snapshots.create(live, { upload: "never" })).finished;
  try {
    const { directory, manifest } = await snapshots.require(record, id);
    const names = [...manifest.files.map(({ name }) => name), snapshotManifestFile];
    const files = await Promise.all(
      names.map(async (name) => ({ name, ...(await contents.putFile(`${directory}/${name}`)) })),
    );
    const { lsn, documentCount } = manifest;
    return {
      collection: { id: record.id, name: record.name, documentCount, lsn, restoredAtMs, files },
      sent: files.reduce((sum, { bytes, isNew }) => sum + (isNew ? bytes : 0), 0),
    };
  } finally {
    await snapshots.delete(record, id);
  }
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

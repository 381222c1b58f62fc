import {
  type Clock,
  failedPrecondition,
  type IdGenerator,
  invalidArgument,
  noDeadline,
  notFound,
} from "@akidb/base";
import { allObjects, type ObjectInfo, type ObjectStore } from "@akidb/objects";
import { BackupLock } from "./backupLock.ts";
import { backupKey } from "./backupManifest.ts";
import { contentPrefix, sha256OfKey } from "./contentStore.ts";
import { type StoredBackup, storedBackups } from "./listBackups.ts";

/** Which backups go. */
export type BackupSelection =
  | { readonly kind: "one"; readonly id: string }
  /** All but the newest. */
  | { readonly kind: "all but"; readonly keepCount: number };

export interface BackupRemoval {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly selection: BackupSelection;
  /** Nothing is removed or written; the report says what would be. */
  readonly isDryRun?: boolean;
}

export interface BackupRemovalReport {
  readonly removedBackups: readonly string[];
  readonly keptCount: number;
  /** Of content that no backup needs, whatever it was left by. */
  readonly contentCount: number;
  readonly contentBytes: number;
}

/** What one request removes; the lock is made sure of before each. */
const batchKeysMax = 1_000;

/**
 * Removes backups, and then all content that no other one needs: also what backups left that were cut off, and removals.
 * Wherever it stops, every backup that is listed is whole.
 *
 * @throws AkiDbError `not_found` for a backup that is not there; `failed_precondition` where one that stays cannot be read,
 * so that what it needs is not known; `unavailable` while a backup is taken, and where the store cannot be reached
 */
export async function removeBackups(removal: BackupRemoval): Promise<BackupRemovalReport> {
  const { store, clock, ids, selection, isDryRun = false } = removal;
  checkSelection(selection);
  if (isDryRun) return (await planRemoval(store, selection)).report;
  const options = { store, kind: "exclusive", id: ids.next(), clock, deadline: noDeadline() } as const;
  await using lock = await BackupLock.take(options);
  const { report, garbage } = await planRemoval(store, selection);
  for (const id of report.removedBackups) {
    await lock.check();
    await store.delete(backupKey(id));
  }
  for (let first = 0; first < garbage.length; first += batchKeysMax) {
    await lock.check();
    const keys = garbage.slice(first, first + batchKeysMax).map(({ key }) => key);
    const [failure] = await store.deleteMany(keys);
    if (failure !== undefined) throw failure.error;
  }
  return report;
}

function checkSelection(selection: BackupSelection): void {
  if (selection.kind === "one") return;
  const { keepCount } = selection;
  if (!Number.isSafeInteger(keepCount) || keepCount < 1) {
    throw invalidArgument("keep", "must be a whole number above 0");
  }
}

interface Plan {
  readonly report: BackupRemovalReport;
  readonly garbage: readonly ObjectInfo[];
}

async function planRemoval(store: ObjectStore, selection: BackupSelection): Promise<Plan> {
  const backups = await storedBackups(store);
  const removed = select(backups, selection);
  const kept = backups.filter((backup) => !removed.includes(backup));
  const garbage = await contentBeside(store, neededBy(kept));
  const report = {
    removedBackups: removed.map(({ id }) => id),
    keptCount: kept.length,
    contentCount: garbage.length,
    contentBytes: garbage.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  };
  return { report, garbage };
}

function select(backups: readonly StoredBackup[], selection: BackupSelection): readonly StoredBackup[] {
  if (selection.kind === "one") {
    const found = backups.filter(({ id }) => id === selection.id);
    if (found.length === 0) throw notFound(`backup ${JSON.stringify(selection.id)}`);
    return found;
  }
  // One that cannot be read stands in the way, for somebody to decide about.
  const whole = backups.filter(({ kind }) => kind === "whole");
  return whole.slice(0, Math.max(0, whole.length - selection.keepCount));
}

function neededBy(kept: readonly StoredBackup[]): ReadonlySet<string> {
  const needed = new Set<string>();
  for (const backup of kept) {
    if (backup.kind === "unreadable") {
      throw failedPrecondition(
        `backup ${backup.id} cannot be read (${backup.reason}), so what it needs is not known; nothing was removed. ` +
          `To give it up: akidb backups delete ${backup.id}`,
      );
    }
    const { catalog, collections } = backup.manifest;
    needed.add(catalog.sha256);
    for (const { files } of collections) for (const { sha256 } of files) needed.add(sha256);
  }
  return needed;
}

async function contentBeside(
  store: ObjectStore,
  needed: ReadonlySet<string>,
): Promise<readonly ObjectInfo[]> {
  const beside: ObjectInfo[] = [];
  for await (const info of allObjects(store, { prefix: contentPrefix })) {
    const sha256 = sha256OfKey(info.key);
    if (sha256 !== undefined && !needed.has(sha256)) beside.push(info);
  }
  return beside;
}

import { type BackupReport, noDeadline, systemClock, systemRandom, UuidV7Generator } from "@akidb/base";
import type { ObjectStore } from "@akidb/objects";
import { ownProcess } from "../access/caller.ts";
import { theServer } from "../access/resources.ts";
import { type OpenDatabaseOptions, openDatabase } from "../openDatabase.ts";
import { defineOperation } from "../operation.ts";
import type { BackupStep } from "./backupProgress.ts";
import { type BackupTaking, takeBackup } from "./takeBackup.ts";

export interface BackupOptions {
  /** Where to; other backups there are left as they are, and what they have is not sent again. */
  readonly store: ObjectStore;
  readonly onProgress?: (step: BackupStep) => void;
}

/**
 * Backs up a data directory that no process has open.
 *
 * @throws AkiDbError `failed_precondition` where a collection is damaged, or another process has the directory
 */
export async function backUp(
  database: OpenDatabaseOptions,
  { store, onProgress = () => {} }: BackupOptions,
): Promise<BackupReport> {
  const { clock = systemClock, random = systemRandom } = database;
  const id = new UuidV7Generator(clock, random).next();
  const opened = await openDatabase({
    ...database,
    snapshot: { ...database.snapshot, intervalMs: 0, afterBytes: 0 },
    autoInitialize: false,
  });
  try {
    await opened.loaded();
    const deadline = noDeadline();
    return await opened.execute(
      backUpAll,
      { store, id, deadline, onProgress },
      { requestId: "backup", deadline, caller: ownProcess },
    );
  } finally {
    await opened.close();
  }
}

const backUpAll = defineOperation<BackupTaking, BackupReport>({
  name: "backUp",
  permission: "server::admin",
  resource: theServer,
  run: (context, taking) => takeBackup(context, taking),
});

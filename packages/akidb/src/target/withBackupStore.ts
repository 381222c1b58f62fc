import type { openBackupStore } from "@akidb/database";
import type { Config } from "@akidb/server/config";
import type { Cli } from "../cli.ts";

export type BackupStore = ReturnType<typeof openBackupStore>;

export interface BackupStoreRequest {
  /** A folder, or `s3://bucket/prefix`. */
  readonly place: string;
  readonly config: Config;
}

/** Runs `work` on the store of a place, and closes it in the end. */
export async function withBackupStore<Result>(
  { clock, random }: Cli,
  { place, config }: BackupStoreRequest,
  work: (store: BackupStore) => Promise<Result>,
): Promise<Result> {
  const { openBackupStore } = await import("@akidb/database");
  const store = openBackupStore({ place, objectStore: config.objectStore, clock, random });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

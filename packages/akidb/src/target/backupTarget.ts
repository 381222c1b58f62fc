import {
  type AkiDb,
  AkiDbError,
  type BackupReport,
  invalidArgument,
  type StartBackupOptions,
} from "@akidb/base";
import type { BackupOptions } from "@akidb/database";
import { databaseOptions } from "@akidb/server/config";
import type { Cli } from "../cli.ts";
import type { ConnectionFlags } from "./connectionOptions.ts";
import { findTarget } from "./findTarget.ts";
import { withBackupStore } from "./withBackupStore.ts";

export interface BackupFlags extends ConnectionFlags {
  /** The configured place if absent. */
  readonly to?: string;
}

type OnProgress = NonNullable<BackupOptions["onProgress"]>;

const pollIntervalMs = 200;

/** Backs up what the flags name: by the server that has it open, else in this process, which takes it meanwhile. */
export async function backUpTarget(
  cli: Cli,
  flags: BackupFlags,
  onProgress: OnProgress,
): Promise<BackupReport> {
  const target = findTarget(cli, { flags, mayCreate: false });
  if (target.kind === "server") {
    const { ownerProof } = target;
    // The server may run in another folder.
    const to = flags.to && ownerProof !== undefined ? absolutePlace(cli, flags.to) : flags.to;
    const options = { ...(to !== undefined && { to }), ...(ownerProof !== undefined && { ownerProof }) };
    return await backUpServer(target.connect(), options, onProgress);
  }
  const { config, directory } = target;
  const place = requirePlace("--to", flags.to ?? config.backup.to);
  const { clock, random } = cli;
  const { backUp } = await import("@akidb/database");
  const database = { ...databaseOptions(config), directory, command: "akidb backup", clock, random };
  return await withBackupStore(cli, { place, config }, (store) => backUp(database, { store, onProgress }));
}

/** @throws AkiDbError `invalid_argument` */
export function requirePlace(flag: string, place: string | undefined): string {
  if (place !== undefined) return place;
  throw invalidArgument(flag, "is needed: the configuration names no place for backups (backup.to)");
}

const absolutePlace = ({ files }: Cli, place: string): string =>
  /^[a-z0-9]+:\/\//i.test(place) ? place : files.absolute(place);

async function backUpServer(
  db: AkiDb,
  options: StartBackupOptions,
  onProgress: OnProgress,
): Promise<BackupReport> {
  const { id } = await db.startBackup(options);
  for (;;) {
    const { state, stateReason, report, progress, collection, copiedBytes } = await db.getBackup(id);
    if (report !== null) return report;
    if (state === "failed") throw new AkiDbError("unavailable", stateReason ?? "the backup failed");
    onProgress({ progress, collection, copiedBytes });
    await new Promise((resolve) => setTimeout(resolve, pollIntervalMs));
  }
}

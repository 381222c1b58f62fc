import type { Backup } from "@akidb/base";
import { defineOperation } from "../operation.ts";

export interface BackupReference {
  readonly backup: string;
}

export const getBackup = defineOperation<BackupReference, Backup>({
  name: "getBackup",
  permission: "server::admin",
  run: async ({ backups }, { backup }) => backups.get(backup),
});

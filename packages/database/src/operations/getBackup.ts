import type { Backup } from "@akidb/base";
import { theServer } from "../access/resources.ts";
import { defineOperation } from "../operation.ts";

export interface BackupReference {
  readonly backup: string;
}

export const getBackup = defineOperation<BackupReference, Backup>({
  name: "getBackup",
  permission: "server::admin",
  resource: theServer,
  audited: "as_data",
  run: async ({ backups }, { backup }) => backups.get(backup),
});

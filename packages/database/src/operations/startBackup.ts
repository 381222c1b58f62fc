import { AkiDbError, type Backup, type StartBackupOptions } from "@akidb/base";
import { theServer } from "../access/resources.ts";
import { defineOperation } from "../operation.ts";

export const startBackup = defineOperation<StartBackupOptions, Backup>({
  name: "startBackup",
  permission: "server::admin",
  resource: theServer,
  run: async (context, { to, ownerProof }) => {
    const { catalog, collections, snapshots, coldCopies, embedding, clock, backups, owner } = context;
    if (!backups.isConfigured(to) && !owner.isProvenBy(ownerProof)) {
      throw new AkiDbError(
        "permission_denied",
        "the server writes backups to the place of its configuration (backup.to); another one may be named only by " +
          "who has its data directory, as akidb backup --data-dir does",
      );
    }
    return backups.start({ catalog, collections, snapshots, coldCopies, embedding, clock }, to);
  },
});

import { operations } from "@akidb/database";
import {
  BackupPath,
  BackupResource,
  backupToWire,
  StartBackupBody,
  startBackupFromWire,
} from "@akidb/protocol";
import type { FastifyInstance } from "fastify";
import { operationRoute } from "./operationRoute.ts";
import type { RestContext } from "./restContext.ts";

const tag = "Operations";
const url = "/api/v1/backups";

export function addBackupRoutes(app: FastifyInstance, context: RestContext): void {
  operationRoute(app, context, {
    method: "POST",
    url,
    operationId: "startBackup",
    tag,
    summary: "Begin to back up the whole server",
    description:
      "Copies the catalog and a snapshot of every collection to the configured place while everything is served. One runs " +
      "at a time: where one does, it is the answer.",
    operation: operations.startBackup,
    body: StartBackupBody,
    status: 201,
    response: BackupResource,
    input: ({ body }) => startBackupFromWire(body),
    output: backupToWire,
  });
  operationRoute(app, context, {
    method: "GET",
    url: `${url}/:backup`,
    operationId: "getBackup",
    tag,
    summary: "The progress or the report of the latest backup",
    operation: operations.getBackup,
    params: BackupPath,
    status: 200,
    response: BackupResource,
    input: ({ params }) => params,
    output: backupToWire,
  });
}

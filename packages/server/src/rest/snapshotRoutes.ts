import { operations } from "@akidb/database";
import {
  CollectionPath,
  CollectionResource,
  CreateSnapshotBody,
  collectionToWire,
  ParquetFile,
  parquetContentType,
  RestoreSnapshotBody,
  restoreSnapshotFromWire,
  SnapshotList,
  SnapshotPath,
  SnapshotResource,
  snapshotListToWire,
  snapshotToWire,
} from "@akidb/protocol";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { operationRoute, runFor, runOperation } from "./operationRoute.ts";
import type { RestContext } from "./restContext.ts";
import { addRoute } from "./route.ts";

const tag = "Snapshots";
const url = "/api/v1/collections/:collection/snapshots";

export function addSnapshotRoutes(app: FastifyInstance, context: RestContext): void {
  operationRoute(app, context, {
    method: "POST",
    url,
    operationId: "createSnapshot",
    tag,
    summary: "Create a snapshot",
    description: "The collection as it is at one moment, while writes go on.",
    operation: operations.createSnapshot,
    params: CollectionPath,
    body: CreateSnapshotBody,
    status: 201,
    response: SnapshotResource,
    input: ({ params, body }) => ({ ...params, ...body }),
    output: snapshotToWire,
  });
  operationRoute(app, context, {
    method: "GET",
    url,
    operationId: "listSnapshots",
    tag,
    summary: "List snapshots",
    operation: operations.listSnapshots,
    params: CollectionPath,
    status: 200,
    response: SnapshotList,
    input: ({ params }) => params,
    output: snapshotListToWire,
  });
  operationRoute(app, context, {
    method: "DELETE",
    url: `${url}/:snapshot`,
    operationId: "deleteSnapshot",
    tag,
    summary: "Delete a snapshot",
    operation: operations.deleteSnapshot,
    params: SnapshotPath,
    status: 204,
    input: ({ params }) => params,
    output: () => undefined,
  });
  operationRoute(app, context, {
    method: "POST",
    url: `${url}/:snapshot/restore`,
    operationId: "restoreSnapshot",
    tag,
    summary: "Restore a snapshot",
    description:
      "The collection becomes what it was, or a new collection is made of the snapshot. What was written to the " +
      "collection since is gone in the first case, but for what `until_lsn` or `until_time` asks for; other snapshots stay.",
    operation: operations.restoreSnapshot,
    params: SnapshotPath,
    body: RestoreSnapshotBody,
    status: 200,
    response: CollectionResource,
    input: ({ params, body }) => ({ ...params, ...restoreSnapshotFromWire(body) }),
    output: collectionToWire,
  });
  addRoute(app, operations.downloadSnapshot, {
    method: "GET",
    url: `${url}/:snapshot/download`,
    operationId: "downloadSnapshot",
    tag,
    summary: "Download a snapshot's documents as Parquet",
    params: SnapshotPath,
    responses: { 200: ParquetFile },
    handle: async (request: FastifyRequest, reply) => {
      const path = request.params as SnapshotPath;
      const run = runFor(request, reply, context);
      const { body, sizeBytes } = await runOperation(operations.downloadSnapshot, path, run);
      return reply
        .header("content-type", parquetContentType)
        .header("content-length", sizeBytes)
        .header("content-disposition", `attachment; filename="${path.snapshot}.parquet"`)
        .send(body);
    },
  });
}

import { AkiDbError, type UpsertResult } from "@akidb/base";
import { operations } from "@akidb/database";
import {
  CollectionPath,
  DocumentBody,
  DocumentPath,
  DocumentQuery,
  DocumentResource,
  documentInputFromWire,
  documentToWire,
  InsertResponse,
} from "@akidb/protocol";
import type { FastifyInstance } from "fastify";
import { operationRoute } from "./operationRoute.ts";
import type { RestContext } from "./restContext.ts";

const tag = "Documents";

export function addDocumentRoutes(app: FastifyInstance, context: RestContext): void {
  operationRoute(app, context, {
    method: "POST",
    url: "/api/v1/collections/:collection/insert",
    operationId: "insertDocument",
    tag,
    summary: "Insert one document, or replace the one that has its id or external id",
    operation: operations.upsertDocuments,
    params: CollectionPath,
    body: DocumentBody,
    status: 201,
    response: InsertResponse,
    input: ({ params, body }) => ({ ...params, documents: [documentInputFromWire(body, "")] }),
    output: insertedToWire,
  });
  // The second name is that of AkiDB 2.0's first clients.
  for (const [segment, suffix] of [
    ["documents", ""],
    ["docs", "ByShortPath"],
  ]) {
    const url = `/api/v1/collections/:collection/${segment}/:id`;
    operationRoute(app, context, {
      method: "GET",
      url,
      operationId: `getDocument${suffix}`,
      tag,
      summary: "Get a document",
      operation: operations.getDocument,
      params: DocumentPath,
      querystring: DocumentQuery,
      status: 200,
      response: DocumentResource,
      input: ({ params, query }) => ({ ...params, ...query }),
      output: documentToWire,
    });
    operationRoute(app, context, {
      method: "DELETE",
      url,
      operationId: `deleteDocument${suffix}`,
      tag,
      summary: "Delete a document",
      operation: operations.deleteDocument,
      params: DocumentPath,
      status: 204,
      input: ({ params }) => params,
      output: () => undefined,
    });
  }
}

function insertedToWire({ items }: UpsertResult, latencyMs: number): InsertResponse {
  const [item] = items;
  if (item === undefined) throw new Error("one document makes one item");
  if (!item.ok) throw new AkiDbError(item.code, item.detail, { violations: item.violations });
  return { id: item.id, version: item.version, latency_ms: latencyMs };
}

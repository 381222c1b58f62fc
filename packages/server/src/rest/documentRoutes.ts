import type { UpsertResult } from "@akidb/base";
import { operations } from "@akidb/database";
import {
  CollectionPath,
  changeFromWire,
  DocumentBody,
  DocumentPath,
  DocumentQuery,
  DocumentResource,
  documentAtPathFromWire,
  documentInputFromWire,
  documentToWire,
  InsertResponse,
  mergePatchContentType,
  PatchBody,
  PatchManyBody,
  PatchManyResponse,
  PatchResponse,
  patchManyFromWire,
  patchResultToWire,
} from "@akidb/protocol";
import type { FastifyInstance } from "fastify";
import { insertedDocument } from "../insertedDocument.ts";
import { demandedVersion } from "./entityTag.ts";
import { operationRoute } from "./operationRoute.ts";
import type { RestContext } from "./restContext.ts";

const tag = "Documents";

const conditions =
  "`If-Match` with a version in quotes, or `If-None-Match: *`, demands what `if_version` does; the answer is 412 otherwise.";

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
  operationRoute(app, context, {
    method: "POST",
    url: "/api/v1/collections/:collection/documents/patch",
    operationId: "patchDocuments",
    tag,
    summary: "Change metadata or expiry of documents",
    description: "Vectors are not touched. Each document is changed or refused on its own.",
    operation: operations.patchDocuments,
    params: CollectionPath,
    body: PatchManyBody,
    status: 200,
    response: PatchManyResponse,
    input: ({ params, body }) => ({ ...params, ...patchManyFromWire(body) }),
    output: patchResultToWire,
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
      version: ({ version }) => version,
      output: documentToWire,
    });
    operationRoute(app, context, {
      method: "PUT",
      url,
      operationId: `putDocument${suffix}`,
      tag,
      summary: "Insert or replace the document of this id, or external id where it is no UUID",
      description: conditions,
      operation: operations.upsertDocuments,
      params: DocumentPath,
      body: DocumentBody,
      status: 200,
      response: InsertResponse,
      input: ({ params: { collection, id }, body, headers }) => ({
        collection,
        documents: [{ ...documentAtPathFromWire(id, body), ...demandedVersion(headers, body.if_version) }],
      }),
      version: ({ items: [item] }) => (item?.ok ? item.version : undefined),
      output: insertedToWire,
    });
    operationRoute(app, context, {
      method: "PATCH",
      url,
      operationId: `patchDocument${suffix}`,
      tag,
      summary: "Change metadata or expiry of a document, by a JSON Merge Patch (RFC 7396)",
      description: `The vector is not touched. ${conditions}`,
      operation: operations.patchDocument,
      params: DocumentPath,
      body: PatchBody,
      contentTypes: ["application/json", mergePatchContentType],
      status: 200,
      response: PatchResponse,
      input: ({ params, body, headers }) => ({
        ...params,
        ...changeFromWire(body),
        ...demandedVersion(headers, body.if_version),
      }),
      version: ({ version }) => version,
      output: ({ id, version }, latencyMs) => ({ id, version, latency_ms: latencyMs }),
    });
    operationRoute(app, context, {
      method: "DELETE",
      url,
      operationId: `deleteDocument${suffix}`,
      tag,
      summary: "Delete a document",
      description: conditions,
      operation: operations.deleteDocument,
      params: DocumentPath,
      status: 204,
      input: ({ params, headers }) => ({ ...params, ...demandedVersion(headers) }),
      output: () => undefined,
    });
  }
}

function insertedToWire(result: UpsertResult, latencyMs: number): InsertResponse {
  const { chunkCount, ...inserted } = insertedDocument(result);
  return { ...inserted, ...(chunkCount !== undefined && { chunk_count: chunkCount }), latency_ms: latencyMs };
}

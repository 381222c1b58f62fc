import { operations } from "@akidb/database";
import {
  CollectionList,
  CollectionPath,
  CollectionResource,
  CreateCollectionBody,
  collectionListToWire,
  collectionToWire,
  createCollectionFromWire,
  PageQuery,
  UpdateCollectionBody,
  updateCollectionFromWire,
} from "@akidb/protocol";
import type { FastifyInstance } from "fastify";
import { operationRoute } from "./operationRoute.ts";
import type { RestContext } from "./restContext.ts";

const tag = "Collections";

export function addCollectionRoutes(app: FastifyInstance, context: RestContext): void {
  operationRoute(app, context, {
    method: "POST",
    url: "/api/v1/collections",
    operationId: "createCollection",
    tag,
    summary: "Create a collection",
    operation: operations.createCollection,
    body: CreateCollectionBody,
    status: 201,
    response: CollectionResource,
    input: ({ body }) => createCollectionFromWire(body),
    output: collectionToWire,
  });
  operationRoute(app, context, {
    method: "GET",
    url: "/api/v1/collections",
    operationId: "listCollections",
    tag,
    summary: "List collections",
    operation: operations.listCollections,
    querystring: PageQuery,
    status: 200,
    response: CollectionList,
    input: ({ query }) => query,
    output: collectionListToWire,
  });
  operationRoute(app, context, {
    method: "GET",
    url: "/api/v1/collections/:collection",
    operationId: "getCollection",
    tag,
    summary: "Describe a collection",
    operation: operations.getCollection,
    params: CollectionPath,
    status: 200,
    response: CollectionResource,
    input: ({ params }) => params,
    output: collectionToWire,
  });
  operationRoute(app, context, {
    method: "PATCH",
    url: "/api/v1/collections/:collection",
    operationId: "updateCollection",
    tag,
    summary: "Change a collection while it is served",
    operation: operations.updateCollection,
    params: CollectionPath,
    body: UpdateCollectionBody,
    status: 200,
    response: CollectionResource,
    input: ({ params, body }) => ({ ...updateCollectionFromWire(body), ...params }),
    output: collectionToWire,
  });
  operationRoute(app, context, {
    method: "DELETE",
    url: "/api/v1/collections/:collection",
    operationId: "deleteCollection",
    tag,
    summary: "Delete a collection with its documents and files",
    operation: operations.deleteCollection,
    params: CollectionPath,
    status: 204,
    input: ({ params }) => params,
    output: () => undefined,
  });
}

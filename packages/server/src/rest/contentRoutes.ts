import { operations } from "@akidb/database";
import {
  CollectionPath,
  CountBody,
  CountResponse,
  DeleteManyBody,
  DeleteManyResponse,
  deleteManyResultToWire,
  FacetsBody,
  FacetsResponse,
  facetsResultToWire,
  GetManyBody,
  GetManyResponse,
  getManyResultToWire,
} from "@akidb/protocol";
import type { FastifyInstance } from "fastify";
import { operationRoute } from "./operationRoute.ts";
import type { RestContext } from "./restContext.ts";

const collection = "/api/v1/collections/:collection";

/** Many documents at once: by ids, by filter, counted. */
export function addContentRoutes(app: FastifyInstance, context: RestContext): void {
  operationRoute(app, context, {
    method: "POST",
    url: `${collection}/count`,
    operationId: "count",
    tag: "Search",
    summary: "Count documents, exactly",
    operation: operations.count,
    params: CollectionPath,
    body: CountBody,
    status: 200,
    response: CountResponse,
    input: ({ params, body }) => ({ ...params, ...body }),
    output: (count) => ({ count }),
  });
  operationRoute(app, context, {
    method: "POST",
    url: `${collection}/facets`,
    operationId: "facets",
    tag: "Search",
    summary: "Count how many documents have each value of a field, exactly",
    operation: operations.facets,
    params: CollectionPath,
    body: FacetsBody,
    status: 200,
    response: FacetsResponse,
    input: ({ params, body }) => ({ ...params, ...body }),
    output: facetsResultToWire,
  });
  operationRoute(app, context, {
    method: "POST",
    url: `${collection}/documents/get`,
    operationId: "getDocuments",
    tag: "Documents",
    summary: "Get documents by ids or by a filter",
    operation: operations.getDocuments,
    params: CollectionPath,
    body: GetManyBody,
    status: 200,
    response: GetManyResponse,
    input: ({ params, body }) => ({ ...params, ...body }),
    output: getManyResultToWire,
  });
  operationRoute(app, context, {
    method: "POST",
    url: `${collection}/documents/delete`,
    operationId: "deleteDocuments",
    tag: "Documents",
    summary: "Delete documents by ids or by a filter",
    description:
      "Batch by batch, each of them whole or not at all; where it ends early, what was deleted before stays deleted. By a " +
      "filter, what is written meanwhile is deleted only if it passes, too.",
    operation: operations.deleteDocuments,
    params: CollectionPath,
    body: DeleteManyBody,
    status: 200,
    response: DeleteManyResponse,
    input: ({ params, body }) => ({ ...params, ...body }),
    output: deleteManyResultToWire,
  });
}

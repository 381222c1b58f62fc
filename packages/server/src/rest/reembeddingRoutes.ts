import type { ReembeddingInfo } from "@akidb/base";
import { type CollectionReference, type Operation, operations } from "@akidb/database";
import {
  CollectionPath,
  ReembeddingResource,
  reembeddingToWire,
  StartReembeddingBody,
} from "@akidb/protocol";
import type { FastifyInstance } from "fastify";
import { operationRoute } from "./operationRoute.ts";
import type { RestContext } from "./restContext.ts";

const tag = "Collections";
const url = "/api/v1/collections/:collection/reembed";

const changes: readonly {
  readonly verb: string;
  readonly summary: string;
  readonly operation: Operation<CollectionReference, ReembeddingInfo>;
}[] = [
  {
    verb: "pause",
    summary: "Pause re-embedding, also over restarts",
    operation: operations.pauseReembedding,
  },
  {
    verb: "resume",
    summary: "Let a paused re-embedding go on",
    operation: operations.resumeReembedding,
  },
  {
    verb: "cancel",
    summary: "Give re-embedding up; once it has flipped, the vectors of before",
    operation: operations.cancelReembedding,
  },
  {
    verb: "rollback",
    summary: "Go back to the vectors of before",
    operation: operations.rollBackReembedding,
  },
];

export function addReembeddingRoutes(app: FastifyInstance, context: RestContext): void {
  operationRoute(app, context, {
    method: "POST",
    url,
    operationId: "startReembedding",
    tag,
    summary: "Embed the collection's texts anew, with another model",
    description: "Behind what is served, which it replaces at once when it is done.",
    operation: operations.startReembedding,
    params: CollectionPath,
    body: StartReembeddingBody,
    status: 202,
    response: ReembeddingResource,
    input: ({ params, body }) => ({ ...body, ...params }),
    output: reembeddingToWire,
  });
  operationRoute(app, context, {
    method: "GET",
    url,
    operationId: "getReembedding",
    tag,
    summary: "How far the latest re-embedding of the collection is",
    operation: operations.getReembedding,
    params: CollectionPath,
    status: 200,
    response: ReembeddingResource,
    input: ({ params }) => params,
    output: reembeddingToWire,
  });
  for (const { verb, summary, operation } of changes) {
    operationRoute(app, context, {
      method: "POST",
      url: `${url}/${verb}`,
      operationId: operation.name,
      tag,
      summary,
      operation,
      params: CollectionPath,
      status: 200,
      response: ReembeddingResource,
      input: ({ params }) => params,
      output: reembeddingToWire,
    });
  }
}

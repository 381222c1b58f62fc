import { assert, invalidArgument } from "@akidb/base";
import type { Permission } from "@akidb/database";
import { Problem, problemContentType } from "@akidb/protocol";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { TSchema } from "typebox";
import { withReferences } from "./schemaReferences.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** The permission that the route's operation demands; "public" where it demands none. */
    readonly access?: Permission | "public";
  }
}

/** What a route is in the OpenAPI document. */
export interface RouteText {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly url: string;
  readonly operationId: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
}

export interface Route extends RouteText {
  readonly params?: TSchema | undefined;
  readonly querystring?: TSchema | undefined;
  /** By content type. */
  readonly body?: Readonly<Record<string, TSchema>> | undefined;
  /** By status; every other answer is a problem. */
  readonly responses: Readonly<Record<number, TSchema>>;
  /** `Problem` if absent. */
  readonly problem?: TSchema | undefined;
  readonly handle: (request: FastifyRequest, reply: FastifyReply) => unknown;
}

/**
 * The only way to add a route: it says which permission its operation demands.
 *
 * @param access "public" for liveness and documentation alone
 */
export function addRoute(
  app: FastifyInstance,
  access: { readonly permission: Permission } | "public",
  route: Route,
): void {
  const { method, url, operationId, tag, summary, description, handle } = route;
  const { params, querystring, body, responses, problem = Problem } = route;
  app.route({
    method,
    url,
    config: { access: access === "public" ? access : access.permission },
    schema: {
      operationId,
      tags: [tag],
      summary,
      ...(description !== undefined && { description }),
      ...(params !== undefined && { params: withReferences(app, params) }),
      ...(querystring !== undefined && { querystring: withReferences(app, querystring) }),
      ...(body !== undefined && { body: { content: mediaTypes(app, body) } }),
      response: {
        ...mapValues(responses, (schema) => ({ description: "Done.", ...withReferences(app, schema) })),
        default: { description: "Refused.", content: mediaTypes(app, { [problemContentType]: problem }) },
      },
    },
    ...(body !== undefined && {
      preValidation: async ({ mediaType }: FastifyRequest) => requireMediaType(mediaType, Object.keys(body)),
    }),
    handler: handle,
  });
}

/** Fastify validates a body by the schema of its content type, and lets pass what has none. */
function requireMediaType(mediaType: string | undefined, known: readonly string[]): void {
  if (mediaType === undefined) throw invalidArgument("", `the body is missing; send ${known.join(" or ")}`);
  assert(known.includes(mediaType), "only content types that have a schema have a parser");
}

/** Refuses to start with a route that was added in another way. */
export function requireDeclaredAccess(app: FastifyInstance): void {
  app.addHook("onRoute", ({ method, url, config }) => {
    if (config?.access === undefined) throw new Error(`${method} ${url} does not declare its access`);
  });
}

const mediaTypes = (app: FastifyInstance, schemas: Readonly<Record<string, TSchema>>) =>
  mapValues(schemas, (schema) => ({ schema: withReferences(app, schema) }));

const mapValues = <Value, Mapped>(record: Readonly<Record<string, Value>>, map: (value: Value) => Mapped) =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));

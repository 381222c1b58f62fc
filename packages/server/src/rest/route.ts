import { assert, invalidArgument } from "@akidb/base";
import type { Permission } from "@akidb/database";
import { DatabasePath, Problem, problemContentType } from "@akidb/protocol";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import Type, { type TObject, type TSchema } from "typebox";
import { withReferences } from "./schemaReferences.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Of the path, by name or id; undefined for the default one. */
    database: string | undefined;
  }
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
  readonly params?: TObject | undefined;
  readonly querystring?: TSchema | undefined;
  /** By content type. */
  readonly body?: Readonly<Record<string, TSchema>> | undefined;
  /** By status, and where it comes in several content types by those; every other answer is a problem. */
  readonly responses: Readonly<Record<number, TSchema | Readonly<Record<`${string}/${string}`, TSchema>>>>;
  /** By content type; a `Problem` if absent. */
  readonly refusal?: Readonly<Record<string, TSchema>> | undefined;
  readonly handle: (request: FastifyRequest, reply: FastifyReply) => unknown;
}

/**
 * The only way to add a route: it says which permission its operation demands. What is in the default database is there
 * under the name of the database, too.
 *
 * @param access "public" for liveness and documentation alone
 */
export function addRoute(app: FastifyInstance, access: RouteAccess, route: Route): void {
  addOneRoute(app, access, route);
  if (!inDatabases.some((prefix) => route.url.startsWith(prefix))) return;
  const { params = Type.Object({}) } = route;
  addOneRoute(app, access, {
    ...route,
    isInDatabase: true,
    url: route.url.replace("/api/v1/", "/api/v1/databases/:database/"),
    operationId: `${route.operationId}InDatabase`,
    summary: `${route.summary}, in a database that is named`,
    params: Type.Object({ ...DatabasePath.properties, ...params.properties }),
  });
}

type RouteAccess = { readonly permission: Permission } | "public";

interface PlacedRoute extends Route {
  /** Whether the path names the database. */
  readonly isInDatabase?: boolean;
}

const inDatabases = ["/api/v1/collections", "/api/v1/metrics/tiers"];

function addOneRoute(app: FastifyInstance, access: RouteAccess, route: PlacedRoute): void {
  const { method, url, operationId, tag, summary, description, handle } = route;
  const { params, querystring, body, responses, isInDatabase = false } = route;
  const { refusal = { [problemContentType]: Problem } } = route;
  app.route({
    method,
    url,
    config: { access: access === "public" ? access : access.permission },
    schema: {
      operationId,
      tags: [tag],
      summary,
      security: access === "public" ? [] : anyCredential,
      ...(description !== undefined && { description }),
      ...(params !== undefined && { params: withReferences(app, params) }),
      ...(querystring !== undefined && { querystring: withReferences(app, querystring) }),
      ...(body !== undefined && { body: { content: mediaTypes(app, body) } }),
      response: {
        ...mapValues(responses, (schema) => ({ description: "Done.", ...answer(app, schema) })),
        default: { description: "Refused.", content: mediaTypes(app, refusal) },
      },
    },
    ...(body !== undefined && {
      // Here and below, hooks that wait for nothing are no promises: each would cost every request some turns of the queue.
      preValidation: ({ mediaType }: FastifyRequest, _reply: FastifyReply, done: () => void) => {
        requireMediaType(mediaType, Object.keys(body));
        done();
      },
    }),
    ...(isInDatabase && { preHandler: takeDatabase }),
    handler: handle,
  });
}

/** None at all where the server needs none. */
const anyCredential = [{ bearer: [] }, { apiKey: [] }, {}];

/** From the path's parameters, of which operations know nothing, to where the call takes it from. */
function takeDatabase(request: FastifyRequest, _reply: FastifyReply, done: () => void): void {
  const { database, ...others } = request.params as { readonly database: string };
  request.database = database;
  request.params = others;
  done();
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

function answer(app: FastifyInstance, schema: Route["responses"][number]): object {
  const types = Object.entries(schema).filter(([name]) => name.includes("/"));
  return types.length === 0
    ? withReferences(app, schema)
    : { content: mediaTypes(app, Object.fromEntries(types)) };
}

const mediaTypes = (app: FastifyInstance, schemas: Readonly<Record<string, TSchema>>) =>
  mapValues(schemas, (schema) => ({ schema: withReferences(app, schema) }));

const mapValues = <Value, Mapped>(record: Readonly<Record<string, Value>>, map: (value: Value) => Mapped) =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));

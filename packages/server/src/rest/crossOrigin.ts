import type { FastifyInstance } from "fastify";

/** Origins of web pages that may call, as `server.cors_origins` names them; `*` for all. */
export type CrossOrigins = ReadonlySet<string>;

/** @param list separated by commas or blanks; undefined for none */
export const parseCrossOrigins = (list: string | undefined): CrossOrigins =>
  new Set((list ?? "").split(/[\s,]+/).filter((origin) => origin !== ""));

/** Whether that is an origin as browsers write it: scheme, host, and the port where it is not the scheme's own. */
export const isOrigin = (text: string): boolean => URL.parse(text)?.origin === text;

export const mayCall = (origins: CrossOrigins, origin: string | undefined): boolean =>
  origin !== undefined && (origins.has("*") || origins.has(origin));

const preflightSeconds = 7_200;
const methods = "GET, HEAD, POST, PUT, PATCH, DELETE";
const requestHeaders =
  "authorization, content-encoding, content-type, if-match, if-none-match, mcp-method, mcp-name, " +
  "mcp-protocol-version, mcp-session-id, x-api-key, x-request-id";
const exposedHeaders =
  "content-disposition, etag, mcp-session-id, ratelimit-limit, ratelimit-remaining, ratelimit-reset, retry-after, x-request-id";

/**
 * Lets browsers show answers to pages of these origins (Fetch Standard, CORS protocol). No cookie is ever a credential here, so
 * that none has to be allowed.
 */
export function allowCrossOrigins(app: FastifyInstance, origins: CrossOrigins): void {
  if (origins.size === 0) return;
  app.addHook("onRequest", async ({ method, headers }, reply) => {
    const { origin } = headers;
    if (!origins.has("*")) reply.header("vary", "origin");
    if (!mayCall(origins, origin)) return;
    reply.header("access-control-allow-origin", origins.has("*") ? "*" : origin);
    reply.header("access-control-expose-headers", exposedHeaders);
    if (method !== "OPTIONS" || headers["access-control-request-method"] === undefined) return;
    reply
      .header("access-control-allow-methods", methods)
      .header("access-control-allow-headers", requestHeaders)
      .header("access-control-max-age", preflightSeconds);
    return reply.code(204).send();
  });
}

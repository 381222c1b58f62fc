import { type Caller, readCredential } from "@akidb/database";
import type { FastifyRequest } from "fastify";
import type { RestContext } from "./restContext.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Set before the body is read. */
    caller: Caller | undefined;
  }
}

/**
 * Finds out who sends a request, from its headers alone. Rejects with `unauthenticated` and `tenant_suspended`; where a
 * route is for everybody, nobody has to say, and what is said does not count.
 */
export async function callerOf(request: FastifyRequest, { database }: RestContext): Promise<Caller> {
  const { headers, ip, routeOptions } = request;
  const isForEverybody = routeOptions.config.access === undefined || routeOptions.config.access === "public";
  const principal = isForEverybody
    ? null
    : await database.authenticate(
        readCredential({
          authorization: headers.authorization,
          xApiKey: singleHeader(headers["x-api-key"]),
        }),
      );
  return { principal, ipAddress: ip, userAgent: headers["user-agent"] ?? null };
}

/** Node joins what is sent twice, so the joined text is no key. */
const singleHeader = (header: string | string[] | undefined): string | undefined =>
  Array.isArray(header) ? header.join(", ") : header;

import { isLoopbackHost } from "@akidb/base";
import { type Caller, readCredential, unauthenticated } from "@akidb/database";
import { ownerHeader } from "@akidb/protocol";
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
 * route is for everybody, nobody has to say, and what is said does not count. The address is that of the connection: no
 * header of a proxy is believed.
 */
export async function callerOf(request: FastifyRequest, { database }: RestContext): Promise<Caller> {
  const { headers, ip, routeOptions } = request;
  const isForEverybody = routeOptions.config.access === undefined || routeOptions.config.access === "public";
  const principal = isForEverybody ? null : await principalOf(request, database);
  return { principal, ipAddress: ip, userAgent: headers["user-agent"] ?? null };
}

async function principalOf(request: FastifyRequest, database: RestContext["database"]) {
  const { authorization } = request.headers;
  const xApiKey = singleHeader(request.headers["x-api-key"]);
  const owner = singleHeader(request.headers[ownerHeader]);
  if (owner === undefined) return await database.authenticate(readCredential({ authorization, xApiKey }));
  if (authorization !== undefined || xApiKey !== undefined || !isOnThisMachine(request)) {
    throw unauthenticated();
  }
  return database.authenticateOwner(owner);
}

/** What proves to be the owner of files says nothing about another machine, however it got there. */
const isOnThisMachine = ({ raw: { socket } }: FastifyRequest): boolean =>
  socket.remoteAddress !== undefined &&
  (isLoopbackHost(socket.remoteAddress) || socket.remoteAddress === socket.localAddress);

/** Node joins what is sent twice, so the joined text is no key. */
const singleHeader = (header: string | string[] | undefined): string | undefined =>
  Array.isArray(header) ? header.join(", ") : header;

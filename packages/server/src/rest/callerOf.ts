import type { Caller } from "@akidb/database";
import { ownerHeader } from "@akidb/protocol";
import type { FastifyRequest } from "fastify";
import { principalOf, type Shown } from "../principalOf.ts";
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
  const principal = isForEverybody ? null : await principalOf(shownBy(request), database);
  return { principal, ipAddress: ip, userAgent: headers["user-agent"] ?? null };
}

const shownBy = ({ headers, raw }: FastifyRequest): Shown => ({
  authorization: headers.authorization,
  xApiKey: singleHeader(headers["x-api-key"]),
  owner: singleHeader(headers[ownerHeader]),
  connection: raw.socket,
});

/** Node joins what is sent twice, so the joined text is no key. */
const singleHeader = (header: string | string[] | undefined): string | undefined =>
  Array.isArray(header) ? header.join(", ") : header;

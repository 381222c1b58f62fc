import { AkiDbError, isLoopbackHost } from "@akidb/base";
import type { FastifyRequest } from "fastify";
import { type CrossOrigins, mayCall } from "./crossOrigin.ts";

/**
 * What keeps web pages out while a request on loopback needs no credentials: a name that an attacker's DNS points at
 * 127.0.0.1 shows in Host, and a page of another origin shows in Origin or Sec-Fetch-Site when it writes.
 *
 * @param crossOrigins whose pages may write all the same
 * @throws AkiDbError `permission_denied`
 */
export function requireLocalCaller(
  { method, headers, protocol }: Pick<FastifyRequest, "method" | "headers" | "protocol">,
  crossOrigins: CrossOrigins,
): void {
  const host = headers.host ?? "";
  if (!isLoopbackHost(host.replace(/:\d{1,5}$/, ""))) {
    throw new AkiDbError("permission_denied", "the Host header must name a loopback address or localhost");
  }
  if (method === "GET" || method === "HEAD" || method === "OPTIONS") return;
  const { origin } = headers;
  if (mayCall(crossOrigins, origin)) return;
  const site = headers["sec-fetch-site"];
  const isOwnOrigin = origin === undefined || origin.toLowerCase() === `${protocol}://${host.toLowerCase()}`;
  const isOwnSite = site === undefined || site === "same-origin" || site === "none";
  if (!isOwnOrigin || !isOwnSite) {
    throw new AkiDbError("permission_denied", "web pages of another origin may not write");
  }
}

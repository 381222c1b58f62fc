import type { Caller } from "@akidb/database";
import { ownerHeader } from "@akidb/protocol";
import { AuthServiceDefinition } from "@akidb/protocol/grpc";
import type { Metadata } from "@grpc/grpc-js";
import { principalOf, type Shown } from "../principalOf.ts";
import { parseCrossOrigins } from "../rest/crossOrigin.ts";
import { requireLocalCaller } from "../rest/loopback.ts";
import type { GrpcContext } from "./grpcContext.ts";

export interface IncomingCall {
  readonly path: string;
  readonly metadata: Metadata;
  /** `:authority` */
  readonly host: string;
  readonly connection: Shown["connection"];
}

/** What says whether the server works, and what it offers; not of this database. */
export const isOfServer = (path: string): boolean =>
  path.startsWith("/grpc.health.") || path.startsWith("/grpc.reflection.");

/** How one becomes a known caller. */
const entrances: ReadonlySet<string> = new Set(
  [AuthServiceDefinition.methods.login, AuthServiceDefinition.methods.refresh].map(
    ({ name }) => `/${AuthServiceDefinition.fullName}/${name}`,
  ),
);

/** As over HTTP: nobody has to say who it is, and what is said does not count. */
export const isForEverybody = (path: string): boolean => isOfServer(path) || entrances.has(path);

/**
 * Finds out who calls, from the metadata alone. Rejects with `unauthenticated`, `tenant_suspended`, and `permission_denied`
 * where a name of another machine or a web page calls a server that is for this machine alone.
 */
export async function callerOfCall(
  { path, metadata, host, connection }: IncomingCall,
  { database, isLoopback }: Pick<GrpcContext, "database" | "isLoopback">,
): Promise<Caller> {
  if (isLoopback) {
    const origin = textOf(metadata, "origin");
    const site = textOf(metadata, "sec-fetch-site");
    requireLocalCaller(
      { method: "POST", headers: { host, origin, "sec-fetch-site": site }, protocol: "http" },
      parseCrossOrigins(undefined),
    );
  }
  const shown = {
    authorization: textOf(metadata, "authorization"),
    xApiKey: textOf(metadata, "x-api-key"),
    owner: textOf(metadata, ownerHeader),
    connection,
  };
  const principal = isForEverybody(path) ? null : await principalOf(shown, database);
  const userAgent = textOf(metadata, "user-agent") ?? null;
  return { principal, ipAddress: connection.remoteAddress ?? null, userAgent };
}

/** What is sent twice is joined, so that it is no key. */
export function textOf(metadata: Metadata, key: string): string | undefined {
  const values = metadata.get(key);
  return values.length === 0 ? undefined : values.join(", ");
}

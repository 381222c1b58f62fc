import type { Server as NetServer } from "node:net";
import type { Server } from "@grpc/grpc-js";

/** Closes what connects beyond so many: files of the database need descriptors, too, and grpc-js bounds connections in no way. */
export function limitConnections(server: Server, connectionsMax: number): void {
  const { http2Servers } = server as unknown as { readonly http2Servers: ReadonlyMap<NetServer, unknown> };
  for (const http2Server of http2Servers.keys()) http2Server.maxConnections = connectionsMax;
}

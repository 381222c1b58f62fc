import type { FastifyInstance } from "fastify";
import { listenRefusal } from "../listenRefusal.ts";

export interface ListenAddress {
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** Whether others of this process listen there, too, and the system gives each its share of connections; Linux only. */
  readonly isShared?: boolean;
}

/** @returns the URL */
export async function listen(
  app: FastifyInstance,
  { host, port, isShared = false, scheme }: ListenAddress & { readonly scheme: "http" | "https" },
): Promise<string> {
  try {
    // Handed on to `net.Server`, though Fastify's types do not know it.
    const address = { host, port, reusePort: isShared };
    await app.listen(address);
  } catch (error) {
    throw listenRefusal(error, { host, port, option: "server.rest_port" });
  }
  const [address] = app.addresses();
  const bound = typeof address === "object" ? address.port : port;
  return `${scheme}://${host.includes(":") ? `[${host}]` : host}:${bound}`;
}

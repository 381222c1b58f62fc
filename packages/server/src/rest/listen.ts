import type { FastifyInstance } from "fastify";
import { listenRefusal } from "../listenRefusal.ts";

export interface ListenAddress {
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
}

/** @returns the URL */
export async function listen(
  app: FastifyInstance,
  { host, port, scheme }: ListenAddress & { readonly scheme: "http" | "https" },
): Promise<string> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    throw listenRefusal(error, { host, port, option: "server.rest_port" });
  }
  const [address] = app.addresses();
  const bound = typeof address === "object" ? address.port : port;
  return `${scheme}://${host.includes(":") ? `[${host}]` : host}:${bound}`;
}

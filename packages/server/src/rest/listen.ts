import { failedPrecondition } from "@akidb/base";
import type { FastifyInstance } from "fastify";

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
    const reason = error instanceof Error && "code" in error ? reasons[String(error.code)] : undefined;
    if (reason === undefined) throw error;
    throw failedPrecondition(`cannot listen on ${host}, port ${port}: ${reason}`);
  }
  const [address] = app.addresses();
  const bound = typeof address === "object" ? address.port : port;
  return `${scheme}://${host.includes(":") ? `[${host}]` : host}:${bound}`;
}

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: "the port is in use; stop what uses it, or choose another with server.rest_port",
  EACCES: "the port needs privileges; choose another with server.rest_port",
  EADDRNOTAVAIL: "the address is not one of this machine",
};

import { invalidArgument } from "@akidb/base";
import type { FastifyRequest } from "fastify";

/**
 * Of two Host headers Node takes the first, and a proxy in front may have taken the second (RFC 9112, 3.2).
 *
 * @throws AkiDbError `invalid_argument`
 */
export function requireOneHost({ raw: { rawHeaders } }: Pick<FastifyRequest, "raw">): void {
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!;
    if (name.length === 4 && name.toLowerCase() === "host") hosts += 1;
  }
  if (hosts > 1) throw invalidArgument("host", "is there more than once");
}

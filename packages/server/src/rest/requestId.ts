import type { IdGenerator } from "@akidb/base";
import type { FastifyRequest } from "fastify";

const printableAscii = /^[\x20-\x7e]{1,128}$/;

/** The caller's own `x-request-id` where it is safe to repeat in headers and logs, else a new one. */
export function requestIdOf({ headers }: Pick<FastifyRequest["raw"], "headers">, ids: IdGenerator): string {
  const given = headers["x-request-id"];
  return typeof given === "string" && printableAscii.test(given) ? given : ids.next();
}

import type { FastifyReply } from "fastify";

/**
 * Aborts when the connection closes before the whole answer is out. Fastify's `request.signal` is of no use here: it
 * follows the body's stream, which closes as soon as it has been read.
 */
export function callerSignal({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController();
  raw.once("close", () => {
    if (!raw.writableFinished) gone.abort();
  });
  return gone.signal;
}

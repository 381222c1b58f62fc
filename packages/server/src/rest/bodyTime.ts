import { ndjsonContentType } from "@akidb/protocol";
import type { FastifyReply, FastifyRequest } from "fastify";
import { connectionLimits } from "./connectionLimits.ts";
import { HttpError } from "./httpError.ts";

/** Bounds the time in which a whole body must arrive. A stream may take any time; only its silence is bounded. */
export function limitBodyTime(request: FastifyRequest, reply: FastifyReply, timeoutMs: number): void {
  const { raw, headers } = request;
  const hasBody = headers["content-length"] !== undefined || headers["transfer-encoding"] !== undefined;
  if (!hasBody || request.mediaType === ndjsonContentType) return;
  // Made only then: an error gathers its stack, which takes longer than anything else here.
  const late = () =>
    new HttpError(408, "deadline_exceeded", `the body did not arrive within ${timeoutMs} ms`);
  const timer = setTimeout(() => reply.sent || reply.send(late()), timeoutMs);
  const stop = () => clearTimeout(timer);
  raw.once("end", stop).once("close", stop);
}

/**
 * Lets the body of a request that is already answered run out for a while instead of cutting the connection: the caller
 * may still be writing, and would see a reset in place of the answer.
 */
export function drainBody({ raw }: FastifyRequest): void {
  if (raw.complete || raw.destroyed) return;
  const timer = setTimeout(() => raw.destroy(), connectionLimits.drainTimeoutMs);
  const stop = () => clearTimeout(timer);
  raw.once("end", stop).once("close", stop).resume();
}

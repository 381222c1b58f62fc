import { setTimeout as sleep } from "node:timers/promises";
import { unavailable } from "@akidb/base";
import type { Caller } from "@akidb/database";
import type { FastifyReply } from "fastify";
import type { RestContext } from "./restContext.ts";

/**
 * Takes a request off the rate of its caller's tenant, and tells the caller what is left of it: the fields of the IETF's draft
 * `ratelimit-headers` up to its sixth version, which is what clients and gateways read today. Rejects with `rate_limited`.
 */
export async function limitRate(
  { principal }: Caller,
  reply: FastifyReply,
  { database }: RestContext,
): Promise<void> {
  if (principal === null) return;
  const admission = await database.admit(principal);
  if (admission === undefined) return;
  const { limit, remaining, resetMs, refusal } = admission;
  reply.header("ratelimit-limit", limit);
  reply.header("ratelimit-remaining", remaining);
  reply.header("ratelimit-reset", Math.ceil(resetMs / 1_000));
  if (refusal !== undefined) throw refusal;
}

/**
 * Each batch of a stream but the first counts as a request does. The stream waits where one of its caller's would be refused,
 * and nothing more of it is read meanwhile.
 */
export async function paceBatch(
  { principal }: Caller,
  signal: AbortSignal,
  { database }: Pick<RestContext, "database">,
): Promise<void> {
  const waitMs = principal === null ? 0 : await database.pace(principal);
  if (waitMs === 0) return;
  await sleep(waitMs, undefined, { signal }).catch(() => {
    throw unavailable("the caller has gone away");
  });
}

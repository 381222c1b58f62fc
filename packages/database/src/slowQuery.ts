import type { CollectionId } from "@akidb/base";
import type { Call } from "./call.ts";
import type { LogEvent } from "./logEvent.ts";

type SlowQuery = Extract<LogEvent, { kind: "slow_query" }>;

export const slowQuery = (
  { requestId, trace }: Pick<Call, "requestId" | "trace">,
  collection: CollectionId,
  query: Omit<SlowQuery, "kind" | "requestId" | "traceId" | "collection">,
): SlowQuery => ({ kind: "slow_query", requestId, traceId: trace?.id, collection, ...query });

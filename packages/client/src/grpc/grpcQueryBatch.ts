import {
  AkiDbError,
  type CallOptions,
  type Collection,
  invalidArgument,
  isAkiDbError,
  limits,
  type QueryBatchItem,
  type QueryInput,
} from "@akidb/base";
import type { QueryBatchResponse } from "@akidb/protocol/grpc";
import { refusedItem } from "./documentMessages.ts";
import { list } from "./fields.ts";
import type { GrpcCalls } from "./grpcCalls.ts";
import { inOrder, isRefused, itemOrRefusal, withoutRefused } from "./itemRefusals.ts";
import { queryMessage, queryResultOf } from "./queryMessages.ts";

/** A stream of queries, whose answers come one by one while the others are still on their way. */
export const grpcQueryBatch =
  (calls: GrpcCalls, collectionId: () => string): Collection["queryBatch"] =>
  async (queries, options) => {
    const count = list("queries", queries).length;
    if (count === 0 || count > limits.batchQueriesMax) {
      throw invalidArgument("queries", `must be a list of 1 to ${limits.batchQueriesMax} queries`);
    }
    const collection = collectionId();
    const items = queries.map((query) => itemOrRefusal(() => queryMessage(collection, query)));
    const messages = withoutRefused(items);
    const sent = queries.filter((_, index) => !isRefused(items[index]!));
    const answers = await calls.exchange("collections", "queryBatch", {
      request: () => messages,
      repeatable: true,
      options,
    });
    const answered = answers.map((answer, index) => itemOf(answer, sent[index] ?? {}));
    if (answered.length > 0) await refuseTogether(answered, { calls, collectionId: collection, options });
    return inOrder(items, answered);
  };

interface Batch {
  readonly calls: GrpcCalls;
  readonly collectionId: string;
  readonly options: CallOptions | undefined;
}

/** A stream tells every query that there is no such collection, or no permission; a batch is refused for it as a whole. */
async function refuseTogether(
  items: readonly QueryBatchItem[],
  { calls, collectionId, options }: Batch,
): Promise<void> {
  const [first] = items;
  if (first === undefined || first.ok || !items.every((item) => !item.ok && item.code === first.code)) return;
  if (first.code === "permission_denied") throw new AkiDbError(first.code, first.detail);
  if (first.code !== "not_found") return;
  // It may be the documents as well that they name.
  const described = calls.send("collections", "describe", {
    request: () => ({ collectionId }),
    repeatable: true,
    options,
  });
  await described.catch((error: unknown) => {
    if (isAkiDbError(error) && error.code === "not_found") throw error;
  });
}

function itemOf({ answer }: QueryBatchResponse, query: QueryInput): QueryBatchItem {
  switch (answer?.$case) {
    case "result":
      return { ok: true, ...queryResultOf(answer.value, query) };
    case "error":
      return refusedItem(answer.value);
    case undefined:
      return refusedItem({
        code: "internal",
        detail: "the server does not say what became of it",
        violations: [],
      });
  }
}

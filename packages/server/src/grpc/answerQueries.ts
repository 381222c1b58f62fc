import { toAkiDbError } from "@akidb/base";
import { operations } from "@akidb/database";
import type { QueryBatchResponse, QueryRequest } from "@akidb/protocol/grpc";
import { type CallSession, paceMessage, runOperation } from "./callSession.ts";
import { queryOf } from "./fromMessage.ts";
import { itemErrorMessage, queryResultMessage } from "./toMessage.ts";

/** One after the other, in the order of the stream; the next is read when the one before is answered. */
export async function* answerQueries(
  requests: AsyncIterable<QueryRequest>,
  session: CallSession,
): AsyncGenerator<QueryBatchResponse> {
  let index = 0;
  for await (const request of requests) {
    if (index > 0) await paceMessage(session);
    yield { index, answer: await answerOf(request, session) };
    index += 1;
  }
}

async function answerOf(request: QueryRequest, session: CallSession): Promise<QueryBatchResponse["answer"]> {
  try {
    const input = { collection: request.collectionId, ...queryOf(request) };
    const result = await runOperation(operations.query, input, session);
    return { $case: "result", value: queryResultMessage(result) };
  } catch (error) {
    return { $case: "error", value: itemErrorMessage(toAkiDbError(error)) };
  }
}

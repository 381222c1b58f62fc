import { invalidArgument, type QueryInput } from "@akidb/base";
import type { HybridSearch, Reranking } from "@akidb/engine";
import type { OperationContext } from "./operation.ts";

/** Candidates that a model ranks where the query does not say. */
const rerankedDefault = 50;

/**
 * What of a query concerns texts, as a collection takes it.
 *
 * @throws AkiDbError `invalid_argument`
 */
export function textQueryOf(
  context: OperationContext,
  input: QueryInput,
): { readonly hybrid?: HybridSearch; readonly rerank?: Reranking } {
  const { hybrid, rerank } = input;
  return {
    ...(hybrid !== undefined && { hybrid: hybridOf(hybrid, input) }),
    ...(rerank !== undefined && { rerank: rerankOf(rerank, input, context) }),
  };
}

function hybridOf(hybrid: unknown, { text: embedded }: QueryInput): HybridSearch {
  if (typeof hybrid !== "object" || hybrid === null) throw invalidArgument("hybrid", "must be an object");
  const { text, ...rest } = hybrid as NonNullable<QueryInput["hybrid"]>;
  if (text !== undefined) return { ...rest, text, isPlain: false, path: "hybrid.text" };
  if (embedded !== undefined) return { ...rest, text: embedded, isPlain: true, path: "text" };
  throw invalidArgument("hybrid.text", "must say what to search the texts for, where the query has no text");
}

function rerankOf(rerank: unknown, input: QueryInput, { reranker, call }: OperationContext): Reranking {
  if (typeof rerank !== "object" || rerank === null) throw invalidArgument("rerank", "must be an object");
  const { provider, text = input.text ?? input.fullText, topN } = rerank as NonNullable<QueryInput["rerank"]>;
  if (reranker === undefined) {
    throw invalidArgument("rerank", "cannot be done: no provider is configured (rerank.url)");
  }
  if (provider !== undefined && provider !== reranker.name) {
    throw invalidArgument("rerank.provider", `must be ${JSON.stringify(reranker.name)}, which is configured`);
  }
  if (typeof text !== "string" || text.trim() === "") {
    throw invalidArgument("rerank.text", "must say what the texts are ranked by");
  }
  return {
    topN: topN ?? Math.max(rerankedDefault, Math.min(1_000, (input.topK ?? 10) + (input.offset ?? 0))),
    score: (texts, deadline) =>
      reranker.rerank(text, texts, { deadline, traceparent: call.trace?.traceparent }),
  };
}

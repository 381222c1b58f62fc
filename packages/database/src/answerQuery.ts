import {
  type Deadline,
  deadlineAfter,
  type ErrorCode,
  invalidArgument,
  isAkiDbError,
  type QueryExplanation,
  type QueryInput,
  type QueryResult,
} from "@akidb/base";
import type { CollectionRecord } from "@akidb/catalog";
import type { AnswerSize, Collection, QueryAnswer } from "@akidb/engine";
import { defaultTopK } from "./defaultTopK.ts";
import { embedOptions } from "./embedOptions.ts";
import { collectionModel } from "./models/collectionModel.ts";
import type { OperationContext } from "./operation.ts";
import { slowQuery } from "./slowQuery.ts";
import { inSpan, type Span } from "./telemetry/span.ts";
import { textQueryOf } from "./textQuery.ts";

export interface QueriedCollection {
  readonly record: CollectionRecord;
  readonly collection: Collection;
}

const targets = ["vector", "text", "id", "vectors", "fullText"] as const;
type Target = (typeof targets)[number];

const timeoutMsMax = 3_600_000;

/** That of the call, or the query's own where it is sooner. To be disposed of. */
export function queryDeadline(
  { call, clock }: OperationContext,
  { timeoutMs }: QueryInput,
): Deadline & Disposable {
  if (timeoutMs === undefined) return new KeptDeadline(call.deadline);
  if (!Number.isInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > timeoutMsMax) {
    throw invalidArgument("timeout_ms", `must be a whole number from 1 to ${timeoutMsMax}`);
  }
  return deadlineAfter(clock, Math.min(timeoutMs, call.deadline.remainingMs()), call.deadline.signal);
}

/** One that its owner disposes of. Not a copy, which would ask for its signal. */
class KeptDeadline implements Deadline, Disposable {
  readonly #deadline: Deadline;
  readonly cancelled: AbortSignal | undefined;
  readonly remainingMs: () => number;
  readonly check: () => void;

  constructor(deadline: Deadline) {
    this.#deadline = deadline;
    this.cancelled = deadline.cancelled;
    this.remainingMs = deadline.remainingMs;
    this.check = deadline.check;
  }

  get signal(): AbortSignal {
    return this.#deadline.signal;
  }

  [Symbol.dispose](): void {}
}

export interface AnswerBounds {
  readonly deadline: Deadline;
  /** Of the queries of a batch together; one has all that an answer holds for itself if absent. */
  readonly answerSize?: AnswerSize | undefined;
}

/** Answers one query, and logs it where it was slow. */
export async function answerQuery(
  context: OperationContext,
  queried: QueriedCollection,
  input: QueryInput,
  { deadline, answerSize }: AnswerBounds,
): Promise<QueryResult> {
  const { clock, slowQueryMs } = context;
  const startMs = clock.monotonicMs();
  const target = targetOf(input);
  let explain: (() => QueryExplanation) | undefined;
  let code: ErrorCode | undefined;
  try {
    const span = context.call.trace?.span;
    const answer = await inSpan(span, "search", (part) =>
      search(context, queried, input, { target, deadline, answerSize, span: part }),
    );
    context.telemetry.meter.searched(answer.plan, clock.monotonicMs() - startMs);
    explain = answer.explain;
    const { matches, groups } = answer;
    return {
      matches,
      ...(groups !== undefined && { groups }),
      ...(input.explain === true && { explain: explain() }),
      latencyMs: clock.monotonicMs() - startMs,
    };
  } catch (error) {
    code = isAkiDbError(error) ? error.code : "internal";
    throw error;
  } finally {
    const elapsedMs = clock.monotonicMs() - startMs;
    if (slowQueryMs > 0 && elapsedMs >= slowQueryMs) {
      const topK = input.topK ?? defaultTopK;
      const query = { target, topK, elapsedMs, explanation: explain?.(), code };
      context.log(slowQuery(context.call, queried.record.id, query));
    }
  }
}

interface SearchParts extends AnswerBounds {
  readonly target: Target;
  readonly span: Span | undefined;
}

async function search(
  context: OperationContext,
  { record, collection }: QueriedCollection,
  input: QueryInput,
  { target, deadline, answerSize, span }: SearchParts,
) {
  const { topK = defaultTopK, offset = 0, params, include = ["metadata"] } = input;
  const { topKMax } = context.limits;
  if (!(topK <= topKMax)) throw invalidArgument("top_k", `must be at most ${topKMax}`);
  if (!(topK + offset <= topKMax)) throw invalidArgument("offset", `with top_k must be at most ${topKMax}`);
  const { vector, text, timeoutMs: _, params: __, hybrid: ___, rerank: ____, ...others } = input;
  const rest = {
    ...others,
    ...textQueryOf(context, input),
    within: context.within,
    ...(answerSize !== undefined && { answerSize }),
  };
  if (target !== "text") {
    const query = { ...rest, ...(vector !== undefined && { vector }) };
    const answer = await collection.query({ ...query, ...rescoreOf(params), topK, include }, deadline);
    tellStages(span, answer);
    return answer;
  }
  const startMs = context.clock.monotonicMs();
  const embedded = await inSpan(span, "embed", () => embedText(context, record, text, deadline));
  const stage = { name: "embed", durationMs: context.clock.monotonicMs() - startMs };
  const answer = await collection.query(
    { ...rest, vector: embedded, ...rescoreOf(params), topK, include },
    deadline,
  );
  tellStages(span, answer);
  const explain = (): QueryExplanation => {
    const explanation = answer.explain();
    return { ...explanation, stages: [stage, ...explanation.stages] };
  };
  return { ...answer, explain };
}

/** As traces call them; the others have the names that the query's explanation has. */
const spanNames: Readonly<Record<string, string>> = { search: "index walk", documents: "fetch" };

/** The stages of a query that has been answered. */
function tellStages(span: Span | undefined, { plan, timeline }: QueryAnswer): void {
  if (span === undefined) return;
  span.set({ "akidb.plan": plan });
  for (const { name, startMs, durationMs } of timeline()) {
    span.begin(spanNames[name] ?? name, startMs).end(startMs + durationMs);
  }
}

/** @throws AkiDbError `invalid_argument` unless there is exactly one */
function targetOf(input: QueryInput): Target {
  const given = targets.filter((target) => input[target] !== undefined);
  const [target] = given;
  if (target === undefined || given.length > 1) {
    throw invalidArgument("vector", "give exactly one of vector, text, id, vectors and full_text");
  }
  return target;
}

function rescoreOf(params: unknown): { readonly rescore?: boolean } {
  if (params === undefined) return {};
  if (typeof params !== "object" || params === null) {
    throw invalidArgument("params", "must be an object");
  }
  const { rescore } = params as { readonly rescore?: boolean };
  return rescore === undefined ? {} : { rescore };
}

async function embedText(
  context: OperationContext,
  record: CollectionRecord,
  text: unknown,
  { signal }: Deadline,
): Promise<Float32Array> {
  if (typeof text !== "string" || text.trim() === "")
    throw invalidArgument("text", "must have words to search for");
  const options = { ...embedOptions(context, signal), inputType: "query" } as const;
  const model = await collectionModel(context, record, options);
  return (await model.embed([text], options)).vectors;
}

import { type Clock, type Deadline, deadlineAfter, noDeadline } from "@akidb/base";
import {
  type Call,
  type Database,
  type Gauges,
  type Operation,
  operations,
  type SearchLease,
} from "@akidb/database";
import type { MessageBatches } from "./messageBatches.ts";
import { sentError } from "./sentError.ts";
import { receivedInput } from "./sentInput.ts";
import type { FromThread, Question, SentCall, ToThread } from "./threadMessage.ts";

export interface ThreadCallsParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly messages: Pick<MessageBatches<ToThread>, "send">;
  readonly renderMetrics: (gauges: Gauges) => Promise<string>;
}

type Execution = Extract<Question, { readonly kind: "execute" }>;

const operationsByName: ReadonlyMap<string, Operation<never, unknown>> = new Map(
  Object.values(operations).map((operation) => [operation.name, operation as Operation<never, unknown>]),
);

/** Answers what one thread that serves asks. */
export class ThreadCalls {
  readonly #parts: ThreadCallsParts;
  readonly #open = new Map<number, AbortController>();

  constructor(parts: ThreadCallsParts) {
    this.#parts = parts;
  }

  async answer({ id, question }: Extract<FromThread, { kind: "ask" }>): Promise<void> {
    const { messages } = this.#parts;
    try {
      const value = await this.#answerTo(question, id);
      const lease =
        question.kind === "execute" && question.wantsLease ? await this.#lease(question) : undefined;
      messages.send({ kind: "answer", id, value, lease }, streamsOf(value));
    } catch (error) {
      messages.send({ kind: "refusal", id, error: sentError(error) });
    } finally {
      this.#open.delete(id);
    }
  }

  cancel(id: number): void {
    this.#open.get(id)?.abort();
  }

  /** When the thread has gone. */
  cancelAll(): void {
    for (const call of this.#open.values()) call.abort();
  }

  async #answerTo(question: Question, id: number): Promise<unknown> {
    const { database, renderMetrics } = this.#parts;
    switch (question.kind) {
      case "execute":
        return await this.#execute(question, id);
      case "authenticate":
        return await database.identify(question.credential);
      case "authenticate_owner":
        return database.authenticateOwner(question.proof);
      case "admit": {
        const admission = await database.admit(question.principal);
        return admission && { ...admission, refusal: admission.refusal && sentError(admission.refusal) };
      }
      case "pace":
        return await database.pace(question.principal);
      case "readiness":
        return database.readiness();
      case "loaded":
        return await database.loaded();
      case "metrics":
        return await renderMetrics(question.gauges);
    }
  }

  async #execute({ operation: name, input, call }: Execution, id: number): Promise<unknown> {
    const { database, clock } = this.#parts;
    const operation = operationsByName.get(name);
    if (operation === undefined) throw new Error(`there is no operation ${name}`);
    const gone = new AbortController();
    this.#open.set(id, gone);
    using deadline = deadlineAfter(clock, call.remainingMs, gone.signal);
    const given = receivedInput(name, input) as never;
    return await database.execute(operation, given, receivedCall(call, deadline));
  }

  /** For whoever has just searched. */
  async #lease({ input, call }: Execution): Promise<SearchLease | undefined> {
    const reference = input as { readonly collection: string };
    return await this.#parts.database
      .leaseSearch(reference, receivedCall(call, noDeadline()))
      // It was there a moment ago; the next search is told what has become of it.
      .catch(() => undefined);
  }
}

const receivedCall = ({ remainingMs: _, trace, ...call }: SentCall, deadline: Deadline): Call => ({
  ...call,
  trace: trace && { ...trace, span: undefined },
  deadline,
});

/** Streams are not copied: they go on in this thread, and are read in the other, no faster than that reads. */
function streamsOf(value: unknown): readonly ReadableStream[] {
  if (value instanceof ReadableStream) return [value];
  if (typeof value !== "object" || value === null || !("body" in value)) return [];
  return value.body instanceof ReadableStream ? [value.body] : [];
}

import { type QueryResult, toAkiDbError, unavailable } from "@akidb/base";
import {
  type Admission,
  type Call,
  type Database,
  type Gauges,
  type Identified,
  type LeasedSearches,
  type Operation,
  operations,
  ownProcess,
  type QueryOperationInput,
  type Readiness,
  type SearchLease,
} from "@akidb/database";
import type { ServedDatabase } from "../servedDatabase.ts";
import type { KnownIdentities } from "./knownIdentities.ts";
import type { MessageBatches } from "./messageBatches.ts";
import { tellIntervalMs } from "./remoteMetrics.ts";
import { receivedError } from "./sentError.ts";
import { sentInput } from "./sentInput.ts";
import type { FromThread, Question, SentAdmission, ToThread } from "./threadMessage.ts";

type Principal = Awaited<ReturnType<Database["authenticate"]>>;

interface Waiting {
  readonly resolve: (value: never, lease: SearchLease | undefined) => void;
  readonly reject: (error: unknown) => void;
}

interface AskOptions {
  readonly transferred?: readonly ArrayBuffer[];
  readonly onLease?: ((lease: SearchLease | undefined) => void) | undefined;
}

export interface RemoteDatabaseParts {
  readonly messages: Pick<MessageBatches<FromThread>, "send">;
  /** Who everybody is that shows no credential; undefined where everybody has to. */
  readonly anonymous: Principal | undefined;
  readonly searches: LeasedSearches;
  readonly identities: KnownIdentities;
}

/** The database of another thread, which decides and does everything; here it is asked, but for what it has leased. */
export class RemoteDatabase implements ServedDatabase {
  readonly #messages: Pick<MessageBatches<FromThread>, "send">;
  readonly #anonymous: Principal | undefined;
  readonly #searches: LeasedSearches;
  readonly #identities: KnownIdentities;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #admittedCount = 0;
  #admittedTimer: NodeJS.Timeout | undefined;

  constructor({ messages, anonymous, searches, identities }: RemoteDatabaseParts) {
    this.#messages = messages;
    this.#anonymous = anonymous;
    this.#searches = searches;
    this.#identities = identities;
  }

  async execute<Input, Output>(
    operation: Operation<Input, Output>,
    input: Input,
    call: Call,
  ): Promise<Output> {
    try {
      call.deadline.check();
      if (operation.name !== operations.query.name) return await this.#execute(operation, input, call);
      return (await this.#search(input as QueryOperationInput, call)) as Output;
    } catch (error) {
      throw toAkiDbError(error);
    }
  }

  /** Here, where it can be; otherwise, and every now and then, where everything is decided. */
  async #search(input: QueryOperationInput, call: Call): Promise<QueryResult> {
    const searches = this.#searches;
    const answer = await searches.answer(input, call);
    if (answer !== undefined) return answer;
    if (!searches.wantsLease(input, call)) return await this.#execute(operations.query, input, call);
    return await this.#execute(operations.query, input, call, (lease) => searches.keep(input, call, lease));
  }

  async #execute<Input, Output>(
    { name: operation }: Operation<Input, Output>,
    given: Input,
    { deadline, requestId, trace, caller, route, database }: Call,
    onLease?: (lease: SearchLease | undefined) => void,
  ): Promise<Output> {
    if (caller === ownProcess) throw new Error("whoever calls from another thread says who it is");
    const { input, transferred } = sentInput(operation, given);
    const call = {
      requestId,
      trace: trace && { id: trace.id, traceparent: trace.traceparent },
      caller,
      route,
      database,
      remainingMs: deadline.remainingMs(),
    };
    const id = this.#nextId();
    const cancel = () => this.#messages.send({ kind: "cancel", id });
    // The time is watched where the work is done.
    deadline.cancelled?.addEventListener("abort", cancel, { once: true });
    try {
      const wantsLease = onLease !== undefined;
      const question = { kind: "execute", operation, input, call, wantsLease } as const;
      return await this.#ask(id, question, { transferred, onLease });
    } finally {
      deadline.cancelled?.removeEventListener("abort", cancel);
    }
  }

  async authenticate(credential: Parameters<Database["authenticate"]>[0]): Promise<Principal> {
    if (credential.kind === "none" && this.#anonymous !== undefined) return this.#anonymous;
    const known = this.#identities.find(credential);
    if (known !== undefined) return known;
    const identified = await this.#ask<Identified>(this.#nextId(), { kind: "authenticate", credential });
    this.#identities.keep(credential, identified);
    return identified.principal;
  }

  async authenticateOwner(proof: string): Promise<Principal> {
    return await this.#ask(this.#nextId(), { kind: "authenticate_owner", proof });
  }

  async admit(principal: Principal): Promise<Admission | undefined> {
    if (principal !== this.#anonymous) {
      const admission = await this.#ask<SentAdmission | undefined>(this.#nextId(), {
        kind: "admit",
        principal,
      });
      return admission && { ...admission, refusal: admission.refusal && receivedError(admission.refusal) };
    }
    // Whoever needs no credentials has no rate: it is counted, and need not wait to be.
    this.#admittedCount += 1;
    this.#admittedTimer ??= setTimeout(() => this.#tellAdmitted(), tellIntervalMs);
    return undefined;
  }

  async pace(principal: Principal): Promise<number> {
    return await this.#ask(this.#nextId(), { kind: "pace", principal });
  }

  async readiness(): Promise<Readiness> {
    return await this.#ask(this.#nextId(), { kind: "readiness" });
  }

  async loaded(): Promise<void> {
    return await this.#ask(this.#nextId(), { kind: "loaded" });
  }

  /** Those of the whole process, as text. */
  async metrics(gauges: Gauges): Promise<string> {
    return await this.#ask(this.#nextId(), { kind: "metrics", gauges });
  }

  /** To be called with what answers come. */
  receive(message: Extract<ToThread, { kind: "answer" | "refusal" }>): void {
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.kind === "answer") waiting?.resolve(message.value as never, message.lease);
    else waiting?.reject(receivedError(message.error));
  }

  /** No answers come any more. */
  close(): void {
    this.#tellAdmitted();
    this.#searches.close();
    for (const { reject } of this.#waiting.values()) reject(unavailable("the server is closing"));
    this.#waiting.clear();
  }

  #nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  #ask<Answer>(
    id: number,
    question: Question,
    { transferred = [], onLease }: AskOptions = {},
  ): Promise<Answer> {
    return new Promise<Answer>((resolve, reject) => {
      const settle = (value: Answer, lease: SearchLease | undefined) => {
        onLease?.(lease);
        resolve(value);
      };
      this.#waiting.set(id, { resolve: settle, reject });
      this.#messages.send({ kind: "ask", id, question }, transferred);
    });
  }

  #tellAdmitted(): void {
    clearTimeout(this.#admittedTimer);
    this.#admittedTimer = undefined;
    if (this.#anonymous === undefined || this.#admittedCount === 0) return;
    this.#messages.send({ kind: "admitted", principal: this.#anonymous, count: this.#admittedCount });
    this.#admittedCount = 0;
  }
}

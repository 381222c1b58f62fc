import { deadlineExceeded, quotaExceeded } from "@akidb/base";
import type { Admission, Caller } from "@akidb/database";
import {
  type Metadata,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
  type StatusObject,
  status as statusCodes,
} from "@grpc/grpc-js";
import { requestIdOf } from "../rest/requestId.ts";
import { callerOfCall, isOfServer, textOf } from "./callerOfCall.ts";
import { type CallSession, keepSession } from "./callSession.ts";
import { callStatus } from "./callStatus.ts";
import type { GrpcContext } from "./grpcContext.ts";

/** Messages of a stream that wait for being dealt with: beyond it no further one is read. */
const waitingBytesMax = 1024 * 1024;

/** Of health and reflection, whose answers nobody waits for to be read. */
const smallMessagesMax = 1_000;

/** The calls that go on, for whoever closes the server. */
export class OpenCalls {
  readonly #endless = new Set<GuardedCall>();

  add(call: GuardedCall): void {
    this.#endless.add(call);
  }

  delete(call: GuardedCall): void {
    this.#endless.delete(call);
  }

  /** Ends those that would never end by themselves: watchers of health, and readers of what is offered. */
  endWatchers(status: StatusObject): void {
    for (const call of this.#endless) call.sendStatus(status);
  }
}

/**
 * What every call goes through, whoever answers it: finds out who calls and whether it may before a message is read, bounds
 * silence and what waits in memory, and writes a line into the log when it is over.
 */
export const guardCalls =
  (context: GrpcContext, openCalls: OpenCalls): ServerInterceptor =>
  ({ path }, call) =>
    new GuardedCall(path, call, context, openCalls);

class GuardedCall extends ServerInterceptingCall {
  readonly #path: string;
  readonly #context: GrpcContext;
  readonly #openCalls: OpenCalls;
  readonly #startMs: number;
  readonly #gone = new AbortController();
  #requestId = "";
  #admission: Admission | undefined;
  #silence: NodeJS.Timeout | undefined;
  #messageCount = 0;
  #waitingBytes = 0;
  #isReadWanted = false;
  #isOver = false;

  constructor(
    path: string,
    call: ServerInterceptingCallInterface,
    context: GrpcContext,
    openCalls: OpenCalls,
  ) {
    super(call, {
      start: (next) =>
        next({
          onReceiveMetadata: (metadata, proceed) => void this.#admit(metadata, proceed),
          onReceiveMessage: (message: unknown, proceed) => this.#receive(message, proceed),
          onReceiveHalfClose: (proceed) => {
            clearTimeout(this.#silence);
            proceed();
          },
          onCancel: () => {
            this.#gone.abort();
            this.#end({ aborted: true });
          },
        }),
      sendMetadata: (metadata, next) => {
        this.#describe(metadata);
        next(metadata);
      },
      sendStatus: (status, next) => {
        this.#end({ status: statusCodes[status.code ?? statusCodes.UNKNOWN] });
        next(status);
      },
    });
    this.#path = path;
    this.#context = context;
    this.#openCalls = openCalls;
    this.#startMs = context.clock.monotonicMs();
    if (isOfServer(path)) openCalls.add(this);
  }

  override startRead(): void {
    if (this.#waitingBytes >= waitingBytesMax) {
      this.#isReadWanted = true;
      return;
    }
    this.#isReadWanted = false;
    const { timeoutMs } = this.#context;
    clearTimeout(this.#silence);
    if (!this.#isOver) {
      this.#silence = setTimeout(
        () => this.#refuse(deadlineExceeded(`nothing arrived for ${timeoutMs} ms`)),
        timeoutMs,
      );
    }
    super.startRead();
  }

  async #admit(metadata: Metadata, proceed: (metadata: Metadata) => void): Promise<void> {
    const { database, ids } = this.#context;
    this.#requestId = requestIdOf({ headers: { "x-request-id": textOf(metadata, "x-request-id") } }, ids);
    try {
      const { remoteAddress } = this.getConnectionInfo();
      const caller = await callerOfCall(
        { path: this.#path, metadata, host: this.getHost(), remoteAddress },
        this.#context,
      );
      if (caller.principal !== null) this.#admission = await database.admit(caller.principal);
      if (this.#admission?.refusal !== undefined) throw this.#admission.refusal;
      keepSession(metadata, this.#sessionOf(metadata, caller));
    } catch (error) {
      this.#refuse(error);
      return;
    }
    proceed(metadata);
  }

  #sessionOf(metadata: Metadata, caller: Caller): CallSession {
    const { clock } = this.#context;
    const deadline = this.getDeadline();
    return {
      context: this.#context,
      requestId: this.#requestId,
      caller,
      route: this.#path,
      database: textOf(metadata, "x-akidb-database"),
      signal: this.#gone.signal,
      remainingMs: () => Number(deadline) - clock.nowMs(),
      release: (bytes) => {
        this.#waitingBytes -= bytes;
        if (this.#isReadWanted) this.startRead();
      },
    };
  }

  #receive(message: unknown, proceed: (message: unknown) => void): void {
    clearTimeout(this.#silence);
    this.#messageCount += 1;
    if (isOfServer(this.#path) && this.#messageCount > smallMessagesMax) {
      this.#refuse(quotaExceeded(`one call has at most ${smallMessagesMax} messages; begin another`));
      return;
    }
    if (Buffer.isBuffer(message)) this.#waitingBytes += message.length;
    proceed(message);
  }

  /** For the answer's metadata: how to speak of this call, and what is left of the rate. */
  #describe(metadata: Metadata): void {
    metadata.set("x-request-id", this.#requestId);
    if (this.#admission === undefined) return;
    const { limit, remaining, resetMs } = this.#admission;
    metadata.set("ratelimit-limit", String(limit));
    metadata.set("ratelimit-remaining", String(remaining));
    metadata.set("ratelimit-reset", String(Math.ceil(resetMs / 1_000)));
  }

  #refuse(error: unknown): void {
    if (!this.#isOver) this.sendStatus(callStatus(error, this.#requestId, this.#context));
  }

  #end(outcome: { readonly status?: string; readonly aborted?: true }): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#silence);
    this.#openCalls.delete(this);
    const { logger, clock } = this.#context;
    const ms = Math.round((clock.monotonicMs() - this.#startMs) * 100) / 100;
    logger.info({ requestId: this.#requestId, method: "gRPC", route: this.#path, ms, ...outcome }, "request");
  }
}

import { deadlineExceeded, quotaExceeded } from "@akidb/base";
import type { Admission, Caller } from "@akidb/database";
import {
  Metadata,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
  type StatusObject,
  status as statusCodes,
} from "@grpc/grpc-js";
import { requestIdOf } from "../rest/requestId.ts";
import { strangerBodyBytesMax } from "../strangerLimits.ts";
import { callerOfCall, isForEverybody, isOfServer, textOf } from "./callerOfCall.ts";
import { CallReport } from "./callReport.ts";
import { type CallSession, keepSession } from "./callSession.ts";
import { callStatus } from "./callStatus.ts";
import { cutSilentReader } from "./cutSilentReader.ts";
import type { GrpcContext } from "./grpcContext.ts";
import { limitMessages } from "./limitMessages.ts";

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
  (method, call) =>
    new GuardedCall(method, call, context, openCalls);

type GuardedMethod = Parameters<ServerInterceptor>[0];

class GuardedCall extends ServerInterceptingCall {
  readonly #path: string;
  readonly #isStreamed: boolean;
  readonly #context: GrpcContext;
  readonly #openCalls: OpenCalls;
  readonly #report: CallReport;
  readonly #gone = new AbortController();
  #admission: Admission | undefined;
  #silence: NodeJS.Timeout | undefined;
  #messageCount = 0;
  #waitingBytes = 0;
  #isReadWanted = false;
  #isDescribed = false;
  #isOver = false;
  #isAnswered = false;

  constructor(
    { path, requestStream, responseStream }: GuardedMethod,
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
            // Told of every call at its end, too; whoever has answered has nothing left to stop.
            if (!this.#isAnswered) this.#gone.abort();
            this.#end(this.#remainingMs() <= 0 ? statusCodes.DEADLINE_EXCEEDED : undefined);
          },
        }),
      sendMetadata: (metadata, next) => {
        next(this.#described(metadata));
      },
      sendMessage: (message, next) => {
        // While it goes on, a stream has a limit of its own, and those who watch the health may wait for ever.
        if (!responseStream) cutSilentReader(call, context.timeoutMs);
        next(message);
      },
      sendStatus: (status, next) => {
        this.#isAnswered ||= status.code === statusCodes.OK;
        if (responseStream) cutSilentReader(call, context.timeoutMs);
        this.#end(status.code ?? statusCodes.UNKNOWN);
        next(this.#isDescribed ? status : { ...status, metadata: this.#described(status.metadata) });
      },
    });
    this.#path = path;
    this.#isStreamed = requestStream;
    this.#context = context;
    this.#openCalls = openCalls;
    this.#report = new CallReport(path, context);
    if (isOfServer(path)) openCalls.add(this);
    if (isForEverybody(path)) limitMessages(call, strangerBodyBytesMax);
  }

  override startRead(): void {
    // A call with one message reads on behind it, whatever its size: for the end, without which it is not answered.
    if (this.#isStreamed && this.#waitingBytes >= waitingBytesMax) {
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
    const headers = { "x-request-id": textOf(metadata, "x-request-id") };
    this.#report.begin(metadata, requestIdOf({ headers }, ids));
    try {
      const connection = this.getConnectionInfo();
      const call = { path: this.#path, metadata, host: this.getHost(), connection };
      const caller = await callerOfCall(call, this.#context);
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
    const { requestId, trace } = this.#report;
    return {
      context: this.#context,
      requestId,
      trace,
      caller,
      route: this.#path,
      database: textOf(metadata, "x-akidb-database"),
      signal: this.#gone.signal,
      remainingMs: () => this.#remainingMs(),
      refuse: (error) => this.#refuse(error),
      release: (bytes) => {
        this.#waitingBytes -= bytes;
        if (this.#isReadWanted) this.startRead();
      },
    };
  }

  #remainingMs(): number {
    return Number(this.getDeadline()) - this.#context.clock.nowMs();
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

  /** What the answer begins with, or is all that a refusal has: how to speak of this call, and what is left of the rate. */
  #described(given: Metadata | null | undefined): Metadata {
    this.#isDescribed = true;
    const metadata = given ?? new Metadata();
    metadata.set("x-request-id", this.#report.requestId);
    if (this.#admission === undefined) return metadata;
    const { limit, remaining, resetMs } = this.#admission;
    metadata.set("ratelimit-limit", String(limit));
    metadata.set("ratelimit-remaining", String(remaining));
    metadata.set("ratelimit-reset", String(Math.ceil(resetMs / 1_000)));
    return metadata;
  }

  #refuse(error: unknown): void {
    if (!this.#isOver) this.sendStatus(callStatus(error, this.#report.requestId, this.#context));
  }

  #end(code: StatusObject["code"] | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#silence);
    this.#openCalls.delete(this);
    this.#report.end(code);
  }
}

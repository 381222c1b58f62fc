import { type Deadline, deadlineAfter } from "@akidb/base";
import type { Caller, Operation } from "@akidb/database";
import type { Metadata } from "@grpc/grpc-js";
import { paceBatch } from "../rest/rateLimit.ts";
import type { RequestTrace } from "../telemetry/tracing.ts";
import type { GrpcContext } from "./grpcContext.ts";

/** What is known of a call before anything of its messages is read. */
export interface CallSession {
  readonly context: GrpcContext;
  readonly requestId: string;
  readonly trace: RequestTrace | undefined;
  readonly caller: Caller;
  /** `/akidb.collection.v1.CollectionService/Query` */
  readonly route: string;
  /** By name or id; the default one if undefined. */
  readonly database: string | undefined;
  /** Aborts when the caller has gone away or does not wait any longer. */
  readonly signal: AbortSignal;
  /** Until the caller's own deadline; may be infinite. */
  readonly remainingMs: () => number;
  /** Ends the call with an error, whatever of its answers is still on its way. */
  readonly refuse: (error: unknown) => void;
  /** Tells that so many bytes of messages are dealt with, so that further ones may be read. */
  readonly release: (bytes: number) => void;
}

const sessionKey = Symbol("session");

interface MetadataOfCall extends Metadata {
  [sessionKey]?: CallSession;
}

/**
 * With what a call hands on to whoever answers it. Not in a WeakMap: V8's collector of young objects keeps all values of an old
 * one, so that all there was of each call lived until the next collection of the whole heap, and was copied twice before.
 */
export function keepSession(metadata: Metadata, session: CallSession): void {
  (metadata as MetadataOfCall)[sessionKey] = session;
}

/** Every call passed by {@link keepSession}, or it is not answered. */
export function sessionOf({ metadata }: { readonly metadata: MetadataOfCall }): CallSession {
  const session = metadata[sessionKey];
  if (session === undefined) throw new Error("a call was answered that nobody has looked at");
  return session;
}

/** Runs an operation until it is done, its time is up, or the caller has gone away. */
export async function runOperation<Input, Output>(
  operation: Operation<Input, Output>,
  input: Input,
  session: CallSession,
): Promise<Output> {
  const { context, requestId, trace, caller, route, database } = session;
  using deadline = deadlineOf(session);
  const call = { requestId, trace, caller, route, database, deadline };
  const output = await context.database.execute(operation, input, call);
  if (trace?.span !== undefined) trace.answeredMs = context.clock.monotonicMs();
  return output;
}

function deadlineOf({ context, signal, remainingMs }: CallSession): Deadline & Disposable {
  const { clock, timeoutMs } = context;
  return deadlineAfter(clock, Math.max(0, Math.min(timeoutMs, remainingMs())), signal);
}

/** Each message of a stream but the first counts as a call does: it waits for its turn. */
export const paceMessage = ({ caller, signal, context }: CallSession): Promise<void> =>
  paceBatch(caller, signal, context);

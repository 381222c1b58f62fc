import { once } from "node:events";
import { setImmediate } from "node:timers/promises";
import { deadlineExceeded } from "@akidb/base";
import type { ServerDuplexStream, ServerWritableStream } from "@grpc/grpc-js";
import type { CallSession } from "./callSession.ts";
import { callStatus } from "./callStatus.ts";

type AnsweredCall = ServerDuplexStream<Buffer, Uint8Array> | ServerWritableStream<Buffer, Uint8Array>;

/** Writes answers as they come, and asks for no further one while the caller does not read, nor once it has gone. */
export async function writeAnswers(
  call: AnsweredCall,
  session: CallSession,
  answers: () => AsyncIterable<unknown>,
  encode: (message: unknown) => Uint8Array,
): Promise<void> {
  try {
    for await (const message of answers()) {
      if (session.signal.aborted) return;
      if (!call.write(encode(message))) await drained(call, session);
    }
    // The messages of a caller that has gone have ended, too; that it has gone shows a turn later.
    await setImmediate();
    if (!session.signal.aborted) call.end();
  } catch (error) {
    call.emit("error", callStatus(error, session.requestId, session.context));
  }
}

async function drained(call: AnsweredCall, { signal, context: { timeoutMs } }: CallSession): Promise<void> {
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    await once(call, "drain", { signal: AbortSignal.any([signal, timeout]) });
  } catch (error) {
    if (timeout.aborted) throw deadlineExceeded(`no answer was read for ${timeoutMs} ms`);
    throw error;
  }
}

import { once } from "node:events";
import { setImmediate } from "node:timers/promises";
import { deadlineExceeded, unavailable } from "@akidb/base";
import type { ServerDuplexStream, ServerWritableStream } from "@grpc/grpc-js";
import type { CallSession } from "./callSession.ts";

type AnsweredCall = ServerDuplexStream<Buffer, Uint8Array> | ServerWritableStream<Buffer, Uint8Array>;

/**
 * Writes answers as they come. One is on its way while the next is made; grpc-js would take 16 without a word, which are
 * gigabytes of the largest ones. None is asked for while the caller does not read, nor once it has gone.
 */
export async function writeAnswers(
  call: AnsweredCall,
  session: CallSession,
  answers: () => AsyncIterable<unknown>,
  encode: (message: unknown) => Uint8Array,
): Promise<void> {
  const sending = new Sending(call, session);
  try {
    for await (const message of answers()) {
      await sending.done();
      sending.begin(encode(message));
    }
    await sending.done();
    // The messages of a caller that has gone have ended, too; that it has gone shows a turn later.
    await setImmediate();
    if (!session.signal.aborted) call.end();
  } catch (error) {
    // The stream of grpc-js itself would wait for the caller to read before it said anything.
    session.refuse(error);
  }
}

/** The message that is on its way to a caller. */
class Sending {
  readonly #call: AnsweredCall;
  readonly #session: CallSession;
  #isDone = true;

  constructor(call: AnsweredCall, session: CallSession) {
    this.#call = call;
    this.#session = session;
  }

  begin(bytes: Uint8Array): void {
    this.#isDone = false;
    this.#call.write(bytes, () => {
      this.#isDone = true;
      this.#call.emit("sent");
    });
  }

  /** Rejects once the caller has gone, and where it reads nothing for as long as a call may take. */
  async done(): Promise<void> {
    const { signal, context } = this.#session;
    if (!this.#isDone) {
      const timeout = AbortSignal.timeout(context.timeoutMs);
      await once(this.#call, "sent", { signal: AbortSignal.any([signal, timeout]) }).catch((error) => {
        throw timeout.aborted ? deadlineExceeded(`no answer was read for ${context.timeoutMs} ms`) : error;
      });
    }
    if (signal.aborted) throw unavailable("the caller has gone away");
  }
}

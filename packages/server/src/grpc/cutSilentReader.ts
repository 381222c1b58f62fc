import type { ServerInterceptingCallInterface } from "@grpc/grpc-js";

/** RFC 9113, section 7. */
const cancelCode = 0x8;

/**
 * Cuts a call of which nothing is read for so long, so that what waits for its caller is let go. Nothing of grpc-js bounds how
 * long an answer waits, and the stream that it keeps to itself has a timer which starts anew whenever some of it is taken.
 */
export function cutSilentReader(call: ServerInterceptingCallInterface, timeoutMs: number): void {
  const { stream } = call as unknown as { readonly stream: TimedStream };
  if (!stream.closed) stream.setTimeout(timeoutMs, () => stream.close(cancelCode));
}

interface TimedStream {
  readonly closed: boolean;
  setTimeout(ms: number, onTimeout: () => void): void;
  close(code: number): void;
}

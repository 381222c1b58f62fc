import type { ServerInterceptingCallInterface } from "@grpc/grpc-js";

/**
 * Bounds the messages of one call below what the server takes of others. grpc-js has an option for all calls alone, from
 * which it makes these two; a larger message is refused by its length, before any of it is read.
 */
export function limitMessages(call: ServerInterceptingCallInterface, bytesMax: number): void {
  const limited = call as unknown as LimitedCall;
  limited.maxReceiveMessageSize = Math.min(limited.maxReceiveMessageSize, bytesMax);
  limited.decoder.maxReadMessageLength = limited.maxReceiveMessageSize;
}

interface LimitedCall {
  /** Of a message that came compressed. */
  maxReceiveMessageSize: number;
  readonly decoder: { maxReadMessageLength: number };
}

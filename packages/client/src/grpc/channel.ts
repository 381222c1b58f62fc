import { AkiDbError, invalidArgument, isAkiDbError } from "@akidb/base";
import {
  type ChannelCredentials,
  Client,
  type ClientDuplexStream,
  type ClientOptions,
  type ClientReadableStream,
  credentials,
  Metadata,
  type ServiceError,
} from "@grpc/grpc-js";
import { errorOfStatus } from "./errorOfStatus.ts";
import type { GrpcAddress } from "./grpcAddress.ts";
import { grpcServices, type Method, type ServiceName } from "./grpcServices.ts";
import { requestRefusal } from "./requestRefusal.ts";
import type { TlsOptions } from "./tlsOptions.ts";

export interface ChannelOptions {
  readonly address: GrpcAddress;
  readonly tls: TlsOptions;
}

/** One attempt of a call. */
export interface ChannelCall {
  readonly service: ServiceName;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The server is told, and ends its work by then; infinite for none. */
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

/** What knows the library and the generated code; everything here rejects with AkiDbErrors. */
export interface Channel {
  /** @throws AkiDbError `invalid_argument` for what no message can hold */
  encode(service: ServiceName, method: string, message: unknown): Uint8Array;
  unary(call: ChannelCall, message: Uint8Array): Promise<unknown>;
  /** Sends no further message while the server does not read, and reads none before it is asked for one. */
  exchange(call: ChannelCall, messages: Iterable<Uint8Array>): AsyncGenerator<unknown, void, undefined>;
  /** Reads no further message before it is asked for one. */
  receive(call: ChannelCall, message: Uint8Array): AsyncGenerator<unknown, void, undefined>;
  close(): void;
}

const clientOptions: ClientOptions = {
  // What an answer may have, the server decides.
  "grpc.max_receive_message_length": -1,
  "grpc.max_send_message_length": -1,
  // A server that is gone without a word is found out while a call waits for it.
  "grpc.keepalive_time_ms": 30_000,
  "grpc.keepalive_timeout_ms": 20_000,
  // So that the next attempt of a call connects anew in place of failing for the reason of the one before.
  "grpc.initial_reconnect_backoff_ms": 50,
  "grpc.max_reconnect_backoff_ms": 5_000,
};

/** Connects at the first call. */
export function openChannel({ address, tls }: ChannelOptions): Channel {
  const { url, target, isSecure } = address;
  const client = new Client(target, isSecure ? secure(tls) : credentials.createInsecure(), clientOptions);
  return {
    encode: (service, method, message) => encode(methodOf(service, method), message),

    unary: (call, message) =>
      new Promise((resolve, reject) => {
        const { signal } = call;
        const sent = client.makeUnaryRequest(
          pathOf(call),
          asBuffer,
          unchanged,
          message,
          metadataOf(call),
          { deadline: call.deadlineMs },
          (error, answer) => {
            signal.removeEventListener("abort", cancel);
            if (error !== null) return reject(errorOfStatus(error, url));
            try {
              resolve(decode(call, answer!));
            } catch (thrown) {
              reject(thrown);
            }
          },
        );
        const cancel = (): void => sent.cancel();
        onAbort(signal, cancel);
      }),

    exchange: (call, messages) => {
      const metadata = metadataOf(call);
      const options = { deadline: call.deadlineMs };
      const stream = client.makeBidiStreamRequest(pathOf(call), asBuffer, unchanged, metadata, options);
      sendAll(stream, messages);
      return answersOf(stream, call, url);
    },

    receive: (call, message) => {
      const metadata = metadataOf(call);
      const options = { deadline: call.deadlineMs };
      const path = pathOf(call);
      const stream = client.makeServerStreamRequest(path, asBuffer, unchanged, message, metadata, options);
      return answersOf(stream, call, url);
    },

    close: () => client.close(),
  };
}

function sendAll(stream: ClientDuplexStream<Uint8Array, Uint8Array>, messages: Iterable<Uint8Array>): void {
  const rest = messages[Symbol.iterator]();
  const send = (): void => {
    for (;;) {
      const { value, done } = rest.next();
      if (done) return void stream.end();
      if (!stream.write(value)) return void stream.once("drain", send);
    }
  };
  send();
}

function onAbort(signal: AbortSignal, cancel: () => void): void {
  if (signal.aborted) cancel();
  else signal.addEventListener("abort", cancel);
}

type AnswerStream = ClientReadableStream<Uint8Array> | ClientDuplexStream<Uint8Array, Uint8Array>;

async function* answersOf(
  stream: AnswerStream,
  call: ChannelCall,
  url: string,
): AsyncGenerator<unknown, void, undefined> {
  const { signal } = call;
  const cancel = (): void => stream.cancel();
  onAbort(signal, cancel);
  try {
    for await (const bytes of stream) yield decode(call, bytes as Uint8Array);
  } catch (error) {
    throw isAkiDbError(error) ? error : errorOfStatus(error as ServiceError, url);
  } finally {
    signal.removeEventListener("abort", cancel);
    // Of no effect once it is over.
    stream.cancel();
  }
}

function secure({ ca, cert, key }: TlsOptions): ChannelCredentials {
  try {
    return credentials.createSsl(bufferOf(ca), bufferOf(key), bufferOf(cert));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw invalidArgument("tls", `must have certificates and keys in PEM: ${reason}`);
  }
}

const bufferOf = (pem: string | Uint8Array | undefined): Buffer | null =>
  pem === undefined ? null : Buffer.from(pem as Uint8Array);

/** Messages go through as bytes, so that what cannot be written or read is told apart from what the server says. */
const asBuffer = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
const unchanged = (bytes: Uint8Array): Uint8Array => bytes;

const methodOf = (service: ServiceName, method: string): Method<unknown, unknown> =>
  (grpcServices[service].methods as Record<string, unknown>)[method] as Method<unknown, unknown>;

const pathOf = ({ service, method }: ChannelCall): string =>
  `/${grpcServices[service].fullName}/${methodOf(service, method).name}`;

function metadataOf({ headers }: ChannelCall): Metadata {
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(headers)) metadata.set(key, value);
  return metadata;
}

function encode({ requestType }: Method<unknown, unknown>, message: unknown): Uint8Array {
  try {
    return requestType.encode(message).finish();
  } catch (error) {
    throw requestRefusal(error);
  }
}

function decode({ service, method }: ChannelCall, bytes: Uint8Array): unknown {
  try {
    return methodOf(service, method).responseType.decode(bytes);
  } catch (cause) {
    throw new AkiDbError("internal", "the server's answer is not of AkiDB's protocol", { cause });
  }
}

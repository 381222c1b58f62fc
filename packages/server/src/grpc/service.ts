import { invalidArgument } from "@akidb/base";
import { encodeMessage, type MessageEncoder, vectorRequests } from "@akidb/protocol/grpc";
import type {
  handleBidiStreamingCall,
  handleClientStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
  MethodDefinition,
  Server,
} from "@grpc/grpc-js";
import { type CallSession, sessionOf } from "./callSession.ts";
import { callStatus } from "./callStatus.ts";
import { writeAnswers } from "./writeAnswers.ts";

/** As the generator writes it. */
export interface MethodText {
  readonly name: string;
  readonly requestType: { readonly decode: (bytes: Uint8Array) => unknown };
  readonly requestStream: boolean;
  readonly responseType: MessageEncoder<never>;
  readonly responseStream: boolean;
}

export interface ServiceText {
  readonly fullName: string;
  readonly methods: Readonly<Record<string, MethodText>>;
}

type RequestOf<Method extends MethodText> = ReturnType<Method["requestType"]["decode"]>;
type ResponseOf<Method extends MethodText> = Parameters<Method["responseType"]["encode"]>[0];

type UnaryHandle<Request, Response> = (request: Request, session: CallSession) => Promise<Response>;
type ClientStreamHandle<Request, Response> = (
  requests: AsyncIterable<Request>,
  session: CallSession,
) => Promise<Response>;
type ServerStreamHandle<Request, Response> = (
  request: Request,
  session: CallSession,
) => AsyncIterable<Response>;
type BidirectionalHandle<Request, Response> = (
  requests: AsyncIterable<Request>,
  session: CallSession,
) => AsyncIterable<Response>;

type HandleOf<Method extends MethodText> = Method["requestStream"] extends true
  ? Method["responseStream"] extends true
    ? BidirectionalHandle<RequestOf<Method>, ResponseOf<Method>>
    : ClientStreamHandle<RequestOf<Method>, ResponseOf<Method>>
  : Method["responseStream"] extends true
    ? ServerStreamHandle<RequestOf<Method>, ResponseOf<Method>>
    : UnaryHandle<RequestOf<Method>, ResponseOf<Method>>;

/** One for each method: the compiler finds a method that nobody answers. */
export type ServiceHandles<Service extends ServiceText> = {
  readonly [Name in keyof Service["methods"]]: HandleOf<Service["methods"][Name]>;
};

export function addService<Service extends ServiceText>(
  server: Server,
  service: Service,
  handles: ServiceHandles<Service>,
): void {
  for (const [name, method] of Object.entries(service.methods)) {
    const definition = { [name]: methodDefinition(service, method) };
    server.addService(definition, { [name]: implementation(service, method, handles[name] as never) });
  }
}

/**
 * Messages go through as bytes: what cannot be read is refused in our own words, and nothing is read of a call that is not
 * admitted.
 */
const methodDefinition = (
  { fullName }: ServiceText,
  { name, requestStream, responseStream }: MethodText,
): MethodDefinition<Buffer, Uint8Array> => ({
  path: `/${fullName}/${name}`,
  requestStream,
  responseStream,
  requestSerialize: (bytes) => bytes,
  requestDeserialize: (bytes) => bytes,
  responseSerialize: asBuffer,
  responseDeserialize: (bytes) => bytes,
});

const asBuffer = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);

function implementation(service: ServiceText, method: MethodText, handle: never) {
  const codec = codecOf(service, method);
  if (!method.requestStream)
    return method.responseStream ? serverStream(codec, handle) : unary(codec, handle);
  return method.responseStream ? bidirectional(codec, handle) : clientStream(codec, handle);
}

interface Codec {
  readonly decode: (bytes: Buffer) => unknown;
  readonly encode: (message: unknown) => Uint8Array;
}

function codecOf({ fullName }: ServiceText, { name, requestType, responseType }: MethodText): Codec {
  const decode = vectorRequests.get(requestType) ?? ((bytes) => requestType.decode(bytes));
  return {
    decode: (bytes) => {
      try {
        return decode(bytes);
      } catch {
        throw invalidArgument("", `the message is not what ${fullName}/${name} takes`);
      }
    },
    encode: (message) => encodeMessage(responseType, message as never),
  };
}

const unary =
  ({ decode, encode }: Codec, handle: UnaryHandle<unknown, unknown>): handleUnaryCall<Buffer, Uint8Array> =>
  (call, callback) => {
    const session = sessionOf(call);
    answer(async () => encode(await handle(decode(call.request), session)), session, callback);
  };

const clientStream =
  (
    { decode, encode }: Codec,
    handle: ClientStreamHandle<unknown, unknown>,
  ): handleClientStreamingCall<Buffer, Uint8Array> =>
  (call, callback) => {
    const session = sessionOf(call);
    const requests = messagesOf(call, decode, session);
    answer(async () => encode(await handle(requests, session)), session, callback);
  };

const serverStream =
  (
    { decode, encode }: Codec,
    handle: ServerStreamHandle<unknown, unknown>,
  ): handleServerStreamingCall<Buffer, Uint8Array> =>
  (call) => {
    const session = sessionOf(call);
    void writeAnswers(call, session, () => handle(decode(call.request), session), encode);
  };

const bidirectional =
  (
    { decode, encode }: Codec,
    handle: BidirectionalHandle<unknown, unknown>,
  ): handleBidiStreamingCall<Buffer, Uint8Array> =>
  (call) => {
    const session = sessionOf(call);
    void writeAnswers(call, session, () => handle(messagesOf(call, decode, session), session), encode);
  };

function answer(
  work: () => Promise<Uint8Array>,
  { requestId, context }: CallSession,
  callback: Parameters<handleUnaryCall<Buffer, Uint8Array>>[1],
): void {
  work().then(
    (bytes) => callback(null, bytes),
    (error) => callback(callStatus(error, requestId, context)),
  );
}

/** A message counts as dealt with once the next one is asked for. */
async function* messagesOf(
  call: AsyncIterable<Buffer>,
  decode: Codec["decode"],
  { release }: CallSession,
): AsyncGenerator<unknown> {
  for await (const bytes of call) {
    try {
      yield decode(bytes);
    } finally {
      release(bytes.length);
    }
  }
}

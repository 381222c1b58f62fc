import { Status } from "@akidb/protocol/grpc";
import {
  type CallOptions,
  Client,
  credentials,
  Metadata,
  type ServiceError,
  status as statusCodes,
} from "@grpc/grpc-js";
import type { MethodText, ServiceText } from "./service.ts";

export interface Answer {
  /** `OK`, `NOT_FOUND`, … */
  readonly status: string;
  readonly message: string;
  readonly metadata: Metadata;
  /** The types of `google.rpc` that came with it. */
  readonly details: readonly string[];
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever came
  readonly body: any;
}

export type Headers = Readonly<Record<string, string>>;

export const clientOf = (address: string, options = {}): Client =>
  new Client(address, credentials.createInsecure(), options);

export function metadataOf(headers: Headers): Metadata {
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(headers)) metadata.set(key, value);
  return metadata;
}

const unchanged = (bytes: Buffer): Buffer => bytes;

/** Sends these very bytes. */
export function send(
  client: Client,
  path: string,
  bytes: Uint8Array,
  headers: Headers = {},
  options: CallOptions = {},
): Promise<Answer> {
  return new Promise((resolve) => {
    let metadata = new Metadata();
    client
      .makeUnaryRequest(
        path,
        unchanged,
        unchanged,
        Buffer.from(bytes),
        metadataOf(headers),
        options,
        (error, body) => resolve(error === null ? okAnswer(body, metadata) : refusal(error)),
      )
      .on("metadata", (given) => {
        metadata = given;
      });
  });
}

const okAnswer = (body: unknown, metadata: Metadata): Answer => ({
  status: "OK",
  message: "",
  metadata,
  details: [],
  body,
});

export function refusal({ code, details, metadata }: ServiceError): Answer {
  const [bytes] = metadata.get("grpc-status-details-bin");
  const found = Buffer.isBuffer(bytes) ? Status.decode(bytes).details : [];
  return {
    status: statusCodes[code],
    message: details,
    metadata,
    details: found.map(({ typeUrl }) => typeUrl.replace("type.googleapis.com/google.rpc.", "")),
    body: undefined,
  };
}

/** As {@link send} to a method that answers with a stream; its body is the list of the messages. */
export function receive(
  client: Client,
  path: string,
  bytes: Uint8Array,
  headers: Headers = {},
): Promise<Answer> {
  return new Promise((resolve) => {
    const body: Buffer[] = [];
    const stream = client.makeServerStreamRequest(
      path,
      unchanged,
      unchanged,
      Buffer.from(bytes),
      metadataOf(headers),
    );
    stream.on("data", (message: Buffer) => body.push(message));
    stream.on("error", (error) => resolve(refusal(error as ServiceError)));
    stream.on("end", () => resolve(okAnswer(body, new Metadata())));
  });
}

/** The services among the exports of what the generator has written. */
export const servicesIn = (messages: object): readonly ServiceText[] =>
  Object.entries(messages)
    .filter(([name]) => name.endsWith("ServiceDefinition"))
    .map(([, service]) => service as ServiceText);

export const pathOf = ({ fullName }: ServiceText, { name }: MethodText): string => `/${fullName}/${name}`;

/** Sends what is given of a message; the rest is empty. */
export async function call(
  client: Client,
  service: ServiceText,
  method: MethodText,
  request: object,
  headers?: Headers,
  options?: CallOptions,
): Promise<Answer> {
  const { decode } = method.responseType as unknown as { decode(bytes: Uint8Array): unknown };
  const [path, bytes] = [pathOf(service, method), messageOf(method, request)];
  if (method.responseStream) {
    const answer = await receive(client, path, bytes, headers);
    if (answer.status !== "OK") return answer;
    return { ...answer, body: (answer.body as Buffer[]).map((message) => decode(message)) };
  }
  const answer = await send(client, path, bytes, headers, options);
  return answer.status === "OK" ? { ...answer, body: decode(answer.body) } : answer;
}

export function messageOf({ requestType }: MethodText, request: object): Uint8Array {
  const empty = requestType.decode(new Uint8Array()) as object;
  const { encode } = requestType as unknown as { encode(message: object): { finish(): Uint8Array } };
  return encode({ ...empty, ...request }).finish();
}

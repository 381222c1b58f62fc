import { AkiDbError, type ErrorCode } from "@akidb/base";
import { BadRequest, ErrorInfo, Status } from "@akidb/protocol/grpc";
import { type Client, Metadata, type ServiceError } from "@grpc/grpc-js";

interface Method<Request, Response> {
  readonly name: string;
  readonly requestType: {
    decode(bytes: Uint8Array): Request;
    encode(message: Request): { finish(): Uint8Array };
  };
  readonly responseType: { decode(bytes: Uint8Array): Response };
}

interface Service {
  readonly fullName: string;
}

/** Sends what is given of a message; the rest is empty. Rejects with the error that the status and its details tell. */
export class GrpcSender {
  readonly #client: Client;
  readonly #metadata = new Metadata();

  /** @param database of the server's default tenant */
  constructor(client: Client, database: string) {
    this.#client = client;
    this.#metadata.set("x-akidb-database", database);
  }

  send<Request, Response>(
    { fullName }: Service,
    { name, requestType, responseType }: Method<Request, Response>,
    request: Partial<Request>,
  ): Promise<Response> {
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        `/${fullName}/${name}`,
        serializerOf(requestType),
        (bytes: Buffer) => responseType.decode(bytes),
        request,
        this.#metadata,
        (error, response) => (error === null ? resolve(response!) : reject(errorOf(error))),
      );
    });
  }

  /** All messages of a stream. */
  async receive<Request, Response>(
    { fullName }: Service,
    { name, requestType, responseType }: Method<Request, Response>,
    request: Partial<Request>,
  ): Promise<readonly Response[]> {
    const stream = this.#client.makeServerStreamRequest(
      `/${fullName}/${name}`,
      serializerOf(requestType),
      (bytes: Buffer) => responseType.decode(bytes),
      request,
      this.#metadata,
    );
    const messages: Response[] = [];
    try {
      for await (const message of stream as AsyncIterable<Response>) messages.push(message);
      return messages;
    } catch (error) {
      throw errorOf(error as ServiceError);
    }
  }
}

const serializerOf =
  <Request>({ decode, encode }: Method<Request, unknown>["requestType"]) =>
  (message: Partial<Request>): Buffer =>
    Buffer.from(encode({ ...decode(new Uint8Array()), ...message }).finish());

function errorOf({ details, metadata }: ServiceError): Error {
  const [bytes] = metadata.get("grpc-status-details-bin");
  if (!Buffer.isBuffer(bytes)) return new Error(details);
  const { details: messages } = Status.decode(bytes);
  const find = (name: string) =>
    messages.find(({ typeUrl }) => typeUrl.endsWith(`/google.rpc.${name}`))?.value;
  const code = ErrorInfo.decode(find("ErrorInfo")!).reason.toLowerCase() as ErrorCode;
  const { fieldViolations } = BadRequest.decode(find("BadRequest") ?? new Uint8Array());
  const violations = fieldViolations.map(({ field, description }) => ({ path: field, detail: description }));
  return new AkiDbError(code, details, { violations });
}

import { createServer, connect as dial, type Socket } from "node:net";
import { type AkiDb, type ErrorCode, SeededRandom } from "@akidb/base";
import { errorMapping } from "@akidb/protocol";
import { BadRequest, ErrorInfo, RequestInfo, RetryInfo, Status } from "@akidb/protocol/grpc";
import {
  Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceDefinition,
  type StatusObject,
  type sendUnaryData,
} from "@grpc/grpc-js";
import { connect } from "../connect.ts";
import { grpcServices } from "./grpcServices.ts";

type Call = ServerUnaryCall<Buffer, Uint8Array>;

export type Reply = (call: Call, answer: sendUnaryData<Uint8Array>) => void;

/** A server that answers every unary call as the test says: what a real one does only when something is wrong. */
export interface OddGrpcServer {
  readonly url: string;
  /** Paths of the calls that came. */
  readonly seen: string[];
  readonly db: AkiDb;
  close(): Promise<void>;
}

const unchanged = (bytes: Buffer): Buffer => bytes;

export async function oddGrpcServer(reply: Reply): Promise<OddGrpcServer> {
  const seen: string[] = [];
  const server = new Server();
  for (const service of Object.values(grpcServices)) {
    const unary = Object.values(service.methods).filter(
      (method) => !method.requestStream && !method.responseStream,
    );
    const definition = Object.fromEntries(
      unary.map(({ name }) => [
        name,
        {
          path: `/${service.fullName}/${name}`,
          requestStream: false,
          responseStream: false,
          requestSerialize: unchanged,
          requestDeserialize: unchanged,
          responseSerialize: (bytes: Uint8Array) => Buffer.from(bytes),
          responseDeserialize: unchanged,
        },
      ]),
    );
    const handle = (call: Call, answer: sendUnaryData<Uint8Array>): void => {
      seen.push(call.getPath());
      reply(call, answer);
    };
    const handles = Object.fromEntries(unary.map(({ name }) => [name, handle]));
    server.addService(definition as ServiceDefinition, handles);
  }
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  const url = `grpc://127.0.0.1:${port}`;
  const db = connect({ url, random: new SeededRandom(1) });
  return {
    url,
    seen,
    db,
    close: async () => {
      await db.close();
      server.forceShutdown();
    },
  };
}

export interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
  readonly fields?: readonly string[];
  readonly retryAfterMs?: number;
}

/** As AkiDB refuses. */
export function refusalStatus({ code, message, fields = [], retryAfterMs }: Refusal): StatusObject {
  const packed = (name: string, value: { finish(): Uint8Array }) => ({
    typeUrl: `type.googleapis.com/google.rpc.${name}`,
    value: value.finish(),
  });
  const { grpcStatus } = errorMapping[code];
  const fieldViolations = fields.map((field) => ({ field, description: "is wrong" }));
  const seconds = Math.floor((retryAfterMs ?? 0) / 1_000);
  const nanos = ((retryAfterMs ?? 0) % 1_000) * 1_000_000;
  const details = [
    packed("ErrorInfo", ErrorInfo.encode({ reason: code.toUpperCase(), domain: "akidb", metadata: {} })),
    packed("RequestInfo", RequestInfo.encode({ requestId: "r-1" })),
    packed("BadRequest", BadRequest.encode({ fieldViolations })),
    ...(retryAfterMs === undefined
      ? []
      : [packed("RetryInfo", RetryInfo.encode({ retryDelay: { seconds, nanos } }))]),
  ];
  const metadata = new Metadata();
  const status = Status.encode({ code: grpcStatus, message, details });
  metadata.set("grpc-status-details-bin", Buffer.from(status.finish()));
  return { code: grpcStatus, details: message, metadata };
}

export interface Gate {
  readonly url: string;
  /** Connections that came. */
  readonly count: () => number;
  close(): Promise<void>;
}

/** Stands before a server, and drops so many connections before it lets one through. */
export async function gateBefore(serverUrl: string, dropped: number): Promise<Gate> {
  const sockets = new Set<Socket>();
  let count = 0;
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on("error", () => {}).on("close", () => sockets.delete(socket));
  };
  const gate = createServer((socket) => {
    count += 1;
    if (count <= dropped) return void keep(socket).destroy();
    const inner = keep(dial(Number(new URL(serverUrl).port), "127.0.0.1"));
    keep(socket).pipe(inner).pipe(socket);
  });
  await new Promise<void>((resolve) => gate.listen(0, "127.0.0.1", resolve));
  const { port } = gate.address() as { readonly port: number };
  return {
    url: `grpc://127.0.0.1:${port}`,
    count: () => count,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => gate.close(resolve));
    },
  };
}

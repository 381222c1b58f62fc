/**
 * What Node's own servers do at best with the same bodies: handlers that read a request, and answer with the bytes that AkiDB
 * answered once. `/parsed` parses its JSON before. A process of its own, as the server beside it is, with as many threads.
 */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server as HttpServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from "node:net";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { Server, ServerCredentials } from "@grpc/grpc-js";

/** Where the process listens. */
export interface EmptyServers {
  readonly restPort: number;
  readonly grpcPort: number;
}

interface ThreadData extends EmptyServers {
  readonly restAnswer: Buffer;
  readonly grpcAnswer: Buffer;
}

if (isMainThread) {
  const [restFile, grpcFile, threads] = process.argv.slice(2);
  const answers = { restAnswer: readFileSync(restFile!), grpcAnswer: readFileSync(grpcFile!) };
  process.send?.(await startAll(Number(threads), answers));
  process.on("disconnect", () => process.exit());
} else {
  const { restAnswer, grpcAnswer, restPort, grpcPort } = workerData as ThreadData;
  const ports: EmptyServers = {
    restPort: await listen(emptyHttp(Buffer.from(restAnswer)), restPort),
    grpcPort: await listen(emptyGrpc(Buffer.from(grpcAnswer)), grpcPort),
  };
  parentPort?.postMessage(ports);
}

/** All at the ports of the first. */
async function startAll(
  threads: number,
  answers: Omit<ThreadData, keyof EmptyServers>,
): Promise<EmptyServers> {
  let ports: EmptyServers = { restPort: 0, grpcPort: 0 };
  for (let at = 0; at < threads; at++) {
    const thread = new Worker(new URL(import.meta.url), { workerData: { ...answers, ...ports } });
    [ports] = (await once(thread, "message")) as [EmptyServers];
  }
  return ports;
}

function emptyHttp(answer: Buffer): HttpServer {
  return createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks);
      if (request.url === "/parsed") JSON.parse(body.toString());
      response.writeHead(200, { "content-type": "application/json", "content-length": answer.length });
      response.end(answer);
    });
  });
}

/** The library cannot share a port itself, and takes connections from whoever can. */
function emptyGrpc(answer: Buffer): TcpServer {
  const server = new Server();
  const definition = {
    path: "/akidb.collection.v1.CollectionService/Query",
    requestStream: false,
    responseStream: false,
    requestSerialize: (bytes: Buffer) => bytes,
    requestDeserialize: (bytes: Buffer) => bytes,
    responseSerialize: (bytes: Buffer) => bytes,
    responseDeserialize: (bytes: Buffer) => bytes,
  };
  server.addService(
    { query: definition },
    { query: (_call: unknown, respond: (error: null, bytes: Buffer) => void) => respond(null, answer) },
  );
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  return createTcpServer({ noDelay: true }, (socket) => injector.injectConnection(socket));
}

async function listen(server: TcpServer, port: number): Promise<number> {
  server.listen({ host: "127.0.0.1", port, reusePort: true });
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/**
 * What Node's own servers do at best with the same bodies: handlers that read a request, and answer with the bytes that AkiDB
 * answered once. `/parsed` parses its JSON before. A process of its own, as the server beside it is.
 */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server, ServerCredentials } from "@grpc/grpc-js";

/** Where the process listens. */
export interface EmptyServers {
  readonly restPort: number;
  readonly grpcPort: number;
}

const [restAnswer, grpcAnswer] = process.argv.slice(2).map((file) => readFileSync(file)) as [Buffer, Buffer];

const http = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const body = Buffer.concat(chunks);
    if (request.url === "/parsed") JSON.parse(body.toString());
    response.writeHead(200, {
      "content-type": "application/json",
      "content-length": restAnswer.length,
    });
    response.end(restAnswer);
  });
});

const grpc = new Server();
const definition = {
  path: "/akidb.collection.v1.CollectionService/Query",
  requestStream: false,
  responseStream: false,
  requestSerialize: (bytes: Buffer) => bytes,
  requestDeserialize: (bytes: Buffer) => bytes,
  responseSerialize: (bytes: Buffer) => bytes,
  responseDeserialize: (bytes: Buffer) => bytes,
};
grpc.addService(
  { query: definition },
  { query: (_call: unknown, answer: (error: null, bytes: Buffer) => void) => answer(null, grpcAnswer) },
);

http.listen(0, "127.0.0.1");
await once(http, "listening");
const grpcPort = await new Promise<number>((resolve, reject) => {
  grpc.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
    error === null ? resolve(port) : reject(error),
  );
});
const servers: EmptyServers = { restPort: (http.address() as AddressInfo).port, grpcPort };
process.send?.(servers);
process.on("disconnect", () => process.exit());

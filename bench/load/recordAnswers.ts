import { writeFileSync } from "node:fs";
import { Client, credentials } from "@grpc/grpc-js";
import { grpcQuery } from "./bodies.ts";
import { collection } from "./preparedDirectory.ts";
import type { LoadedServer, RecordedAnswers } from "./servers.ts";

/** What AkiDB answers to a query, for the handlers that do nothing. */
export async function recordAnswers(
  server: LoadedServer,
  query: Float32Array,
  ef: number,
  folder: string,
): Promise<RecordedAnswers> {
  const files = { rest: `${folder}/answer.json`, grpc: `${folder}/answer.grpc` };
  const url = `http://127.0.0.1:${server.restPort}/api/v1/collections/${collection}/query`;
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ vector: [...query], top_k: 10, ef }),
  });
  if (!response.ok) throw new Error(await response.text());
  writeFileSync(files.rest, Buffer.from(await response.arrayBuffer()));
  const { path, message } = grpcQuery(collection, query, ef);
  const client = new Client(`127.0.0.1:${server.grpcPort}`, credentials.createInsecure());
  const asBytes = (bytes: Buffer) => bytes;
  const answer = await new Promise<Buffer>((resolve, reject) => {
    client.makeUnaryRequest(path, asBytes, asBytes, message, (error, bytes) =>
      error === null && bytes !== undefined ? resolve(bytes) : reject(error),
    );
  });
  client.close();
  writeFileSync(files.grpc, answer);
  return files;
}

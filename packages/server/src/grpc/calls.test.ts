import { execFile } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as messages from "@akidb/protocol/grpc";
import {
  CollectionServiceDefinition as Collections,
  EmbeddingServiceDefinition as Embedding,
  CollectionManagementServiceDefinition as Management,
  QueryBatchResponse,
} from "@akidb/protocol/grpc";
import { type Client, type ServiceError, status as statusCodes } from "@grpc/grpc-js";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestServer, type TestServer } from "../adapters/testServer.test.support.ts";
import {
  call,
  clientOf,
  messageOf,
  metadataOf,
  pathOf,
  refusal,
  send,
  servicesIn,
} from "./grpcClient.test.support.ts";

const { query, insert, get, queryBatch, ingestBatch } = Collections.methods;
const vector = Array.from({ length: 16 }, (_, index) => Math.fround(Math.sin(index + 1)));

const buf = fileURLToPath(new URL("../../../../node_modules/.bin/buf", import.meta.url));
const lines: string[] = [];
const logger = pino({ level: "info" }, { write: (line: string) => lines.push(line) });
let server: TestServer;
let client: Client;

beforeAll(async () => {
  server = await startTestServer({ logger, flags: { "--limits-max-body-bytes": "1048576" } });
  client = clientOf(server.grpcAddress);
  const created = await call(client, Management, Management.methods.createCollection, {
    name: "books",
    dimension: 16,
  });
  expect(created).toMatchObject({ status: "OK", body: { name: "books", dimension: 16, metric: "cosine" } });
});
afterAll(async () => {
  client.close();
  await server.close();
});

const unchanged = (bytes: Buffer): Buffer => bytes;
const openBatch = (headers = {}) =>
  client.makeBidiStreamRequest(pathOf(Collections, queryBatch), unchanged, unchanged, metadataOf(headers));

describe("a call", () => {
  test("goes on with the caller's request id, and is a line in the log", async () => {
    const headers = { "x-request-id": "mine-1" };
    const answer = await call(client, Embedding, Embedding.methods.embed, { texts: ["a b"] }, headers);
    expect(answer.metadata.get("x-request-id")).toEqual(["mine-1"]);
    expect(answer.body.embeddings[0].values).toHaveLength(answer.body.dimension);
    expect(lines.map((line) => JSON.parse(line))).toContainEqual(
      expect.objectContaining({
        msg: "request",
        requestId: "mine-1",
        method: "gRPC",
        route: "/akidb.embedding.v1.EmbeddingService/Embed",
        status: "OK",
        ms: expect.any(Number),
      }),
    );
  });

  test("is refused with what was wrong, field by field", async () => {
    const refused = await call(client, Collections, query, { collectionId: "books", queryVector: [1, 2] });
    expect(refused).toMatchObject({
      status: "INVALID_ARGUMENT",
      message: "vector: has 2 components; the collection's dimension is 16",
      details: ["ErrorInfo", "RequestInfo", "BadRequest"],
    });
  });

  test("goes to the database that its metadata name", async () => {
    const headers = { "x-akidb-database": "other" };
    expect(
      await call(client, Collections, get, { collectionId: "books", docId: "1" }, headers),
    ).toMatchObject({
      status: "NOT_FOUND",
      message: expect.stringContaining("other"),
    });
  });

  test("tells what the models of the server are", async () => {
    const ask = (model?: string) => call(client, Embedding, Embedding.methods.getModelInfo, { model });
    const { body } = await ask();
    const { body: embedded } = await call(client, Embedding, Embedding.methods.embed, { texts: ["a"] });
    expect(body).toEqual({ model: embedded.model, dimension: embedded.dimension, maxTokens: undefined });
    expect((await ask(body.model)).body).toEqual(body);
    expect(await ask("none")).toMatchObject({ status: "NOT_FOUND", message: 'model "none" does not exist' });
  });

  test("ends at the caller's deadline", async () => {
    const request = { collectionId: "books", queryVector: vector };
    const late = await call(client, Collections, query, request, {}, { deadline: Date.now() - 1 });
    expect(late.status).toBe("DEADLINE_EXCEEDED");
  });

  test("of a method that there is not is unimplemented", async () => {
    expect((await send(client, "/akidb.collection.v1.CollectionService/Fly", new Uint8Array())).status).toBe(
      "UNIMPLEMENTED",
    );
  });

  test("that web pages and names of other machines make is refused", async () => {
    const request = messageOf(query, { collectionId: "books", queryVector: vector });
    const path = pathOf(Collections, query);
    expect((await send(client, path, request, { origin: "https://example.com" })).status).toBe(
      "PERMISSION_DENIED",
    );
    const rebound = clientOf(server.grpcAddress, { "grpc.default_authority": "example.com" });
    expect((await send(rebound, path, request)).status).toBe("PERMISSION_DENIED");
    rebound.close();
  });
});

test("reflection tells which services there are, and what is in their messages", async () => {
  const { stdout } = await promisify(execFile)(buf, [
    "curl",
    "--protocol=grpc",
    "--http2-prior-knowledge",
    "--list-methods",
    `http://${server.grpcAddress}`,
  ]);
  const services = servicesIn(messages);
  expect(
    stdout
      .trim()
      .split("\n")
      .filter((line) => line.startsWith("akidb."))
      .sort(),
  ).toEqual(
    services
      .flatMap((service) => Object.values(service.methods).map(({ name }) => `${service.fullName}/${name}`))
      .sort(),
  );
  const described = await promisify(execFile)(buf, [
    "curl",
    "--protocol=grpc",
    "--http2-prior-knowledge",
    "--data",
    '{"collectionId": "books", "queryVector": [1], "filter": {"year": {"$gte": 2020}}}',
    `http://${server.grpcAddress}/akidb.collection.v1.CollectionService/Query`,
  ]).catch((error: { readonly stderr: string }) => error.stderr);
  expect(described).toContain("vector: has 1 components");
});

describe("a stream of queries", () => {
  test("is answered in order, each on its own", async () => {
    expect((await call(client, Collections, insert, { collectionId: "books", vector })).status).toBe("OK");
    const stream = openBatch();
    const answers: QueryBatchResponse[] = [];
    stream.on("data", (bytes: Buffer) => answers.push(QueryBatchResponse.decode(bytes)));
    for (const queryVector of [vector, [1], vector]) {
      stream.write(Buffer.from(messageOf(queryBatch, { collectionId: "books", queryVector })));
    }
    stream.end();
    const [{ code }] = await once(stream, "status");
    expect(statusCodes[code]).toBe("OK");
    expect(answers.map(({ index, answer }) => [index, answer?.$case])).toEqual([
      [0, "result"],
      [1, "error"],
      [2, "result"],
    ]);
  });

  test("may be left in the middle", async () => {
    const stream = openBatch();
    stream.write(Buffer.from(messageOf(queryBatch, { collectionId: "books", queryVector: vector })));
    await once(stream, "data");
    stream.cancel();
    const [{ code }] = (await once(stream, "error")) as [ServiceError];
    expect(statusCodes[code]).toBe("CANCELLED");
    expect(
      (await call(client, Collections, query, { collectionId: "books", queryVector: vector })).status,
    ).toBe("OK");
  });

  test("waits for a caller who does not read", async () => {
    const stream = openBatch();
    stream.pause();
    const request = Buffer.from(
      messageOf(queryBatch, { collectionId: "books", queryVector: vector, include: { vector: true } }),
    );
    const count = 1_000;
    for (let i = 0; i < count; i++) stream.write(request);
    stream.end();
    await once(stream, "readable");
    let answered = 0;
    stream.on("data", () => {
      answered += 1;
    });
    stream.resume();
    await once(stream, "status");
    expect(answered).toBe(count);
  });
});

describe("a stream of documents", () => {
  const ingest = (
    messages: readonly object[],
  ): Promise<{ readonly status: string; readonly body: unknown; readonly message: string }> =>
    new Promise((resolve) => {
      const { responseType } = ingestBatch;
      const stream = client.makeClientStreamRequest(
        pathOf(Collections, ingestBatch),
        unchanged,
        (bytes: Buffer) => responseType.decode(bytes),
        (error, body) => resolve(error === null ? { status: "OK", message: "", body } : refusal(error)),
      );
      for (const message of messages) stream.write(Buffer.from(messageOf(ingestBatch, message)));
      stream.end();
    });
  const document = (externalId: string, components: readonly number[]) => ({
    docId: "",
    externalId,
    vector: [...components],
  });

  test("is written and refused document by document", async () => {
    const { body } = await ingest([
      { collectionId: "books", documents: [document("a", vector), document("b", [1])] },
      { documents: [document("c", vector)] },
    ]);
    expect(body).toMatchObject({
      upserted: 2,
      failed: 1,
      items: [
        { index: 0, outcome: { $case: "written", value: { version: 1 } } },
        {
          index: 1,
          outcome: {
            $case: "error",
            value: { code: "invalid_argument", violations: [{ path: expect.any(String) }] },
          },
        },
        { index: 2, outcome: { $case: "written" } },
      ],
    });
    const found = await call(client, Collections, get, { collectionId: "books", docId: "c" });
    expect(found.body.document.vector).toEqual(vector);
  });

  test("goes to one collection that is there", async () => {
    expect(await ingest([])).toMatchObject({ status: "INVALID_ARGUMENT" });
    expect(await ingest([{ collectionId: "none", documents: [document("a", vector)] }])).toMatchObject({
      status: "NOT_FOUND",
    });
    expect(
      await ingest([{ collectionId: "none2" }, { collectionId: "books", documents: [] }]),
    ).not.toMatchObject({ status: "OK" });
  });
});

import { once } from "node:events";
import {
  CollectionServiceDefinition as Collections,
  CollectionManagementServiceDefinition as Management,
} from "@akidb/protocol/grpc";
import type { Client } from "@grpc/grpc-js";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type OtlpReceiver, startOtlpReceiver } from "../adapters/otlpReceiver.test.support.ts";
import { startTestServer, type TestServer } from "../adapters/testServer.test.support.ts";
import { call, clientOf, messageOf, metadataOf, pathOf, send } from "./grpcClient.test.support.ts";

const { query, queryBatch, insert } = Collections.methods;
const traceId = "0af7651916cd43dd8448eb211c80319c";
const parentSpanId = "b7ad6b7169203331";
const traceOf = (flags: "00" | "01") => ({
  traceparent: `00-${traceId}-${parentSpanId}-${flags}`,
  tracestate: "vendor=x",
});

const lines: string[] = [];
let receiver: OtlpReceiver;
let server: TestServer;
let client: Client;

/** What is asked of the server, once and in this order; the tests look at what became of it. */
beforeAll(async () => {
  receiver = await startOtlpReceiver();
  const logger = pino({ level: "info" }, { write: (line: string) => void lines.push(line) });
  const tracing = {
    "--tracing-enabled": "true",
    "--tracing-otlp-endpoint": receiver.url,
    "--tracing-sample-ratio": "0",
  };
  server = await startTestServer({ logger, flags: tracing });
  client = clientOf(server.grpcAddress);
  await call(client, Management, Management.methods.createCollection, { name: "a" });
  await call(client, Collections, insert, { collectionId: "a", text: "words of a document" }, traceOf("01"));
  const search = { collectionId: "a", text: "words" };
  await call(client, Collections, query, search, traceOf("01"));
  await call(client, Collections, query, search, traceOf("00"));
  await call(client, Collections, query, search, { traceparent: "nonsense" });
  await call(client, Collections, query, { collectionId: "b", text: "words" }, traceOf("01"));
  await call(client, Collections, query, search, {}, { deadline: Date.now() - 1 });
  await send(client, "/akidb.collection.v1.CollectionService/Fly", new Uint8Array());
  const stream = client.makeBidiStreamRequest(
    pathOf(Collections, queryBatch),
    (bytes: Buffer) => bytes,
    (bytes: Buffer) => bytes,
    metadataOf({}),
  );
  stream.write(Buffer.from(messageOf(queryBatch, search)));
  await once(stream, "data");
  stream.on("error", () => {});
  stream.cancel();
});
afterAll(async () => {
  client.close();
  await receiver.close();
});

/** By name and labels, without those that the client's own haste makes uncertain. */
async function counted(): Promise<Readonly<Record<string, number>>> {
  const { body } = await server.call("GET", "/metrics");
  const found = (body as string).split("\n").filter((line) => line.startsWith("grpc_requests_total"));
  return Object.fromEntries(
    found.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.split(" ").at(-1))]),
  );
}

test("calls are counted and timed by service, method and status, and none that there is not", async () => {
  const total = (method: string, status: string, service: string = Collections.fullName) =>
    `grpc_requests_total{service="${service}",method="${method}",status="${status}"}`;
  await expect.poll(counted).toMatchObject({ [total("QueryBatch", "CANCELLED")]: 1 });
  const { [total("Query", "DEADLINE_EXCEEDED")]: late = 0, ...others } = await counted();
  // Most often the client gives such a call up before it sends anything.
  expect(late).toBeLessThanOrEqual(1);
  expect(others).toEqual({
    [total("CreateCollection", "OK", Management.fullName)]: 1,
    [total("Insert", "OK")]: 1,
    [total("Query", "OK")]: 3,
    [total("Query", "NOT_FOUND")]: 1,
    [total("QueryBatch", "CANCELLED")]: 1,
  });
  const { body } = await server.call("GET", "/metrics");
  expect(body).toContain(
    `grpc_request_duration_seconds_count{service="${Collections.fullName}",method="Insert"} 1`,
  );
});

test("a caller's trace goes on, if it is recorded, and is in the log", async () => {
  await server.close();
  const roots = receiver.spans.filter((span) => span.parentSpanId === parentSpanId);
  const [service, operation] = [Collections.fullName, "akidb.operation"];
  expect(
    roots.map(({ name, traceState, isError, attributes }) => ({
      name,
      traceState,
      isError,
      status: attributes["rpc.grpc.status_code"],
      operation: attributes[operation],
    })),
  ).toEqual([
    {
      name: `${service}/Insert`,
      traceState: "vendor=x",
      isError: false,
      status: 0,
      operation: "upsertDocuments",
    },
    { name: `${service}/Query`, traceState: "vendor=x", isError: false, status: 0, operation: "query" },
    { name: `${service}/Query`, traceState: "vendor=x", isError: false, status: 5, operation: undefined },
  ]);
  const [, found] = roots;
  expect(found!.attributes).toMatchObject({
    "rpc.system": "grpc",
    "rpc.service": service,
    "rpc.method": "Query",
    "akidb.request_id": expect.any(String),
    "akidb.tenant_id": expect.any(String),
  });
  const parts = receiver.spans.filter((span) => span.parentSpanId === found!.spanId).map(({ name }) => name);
  expect(parts.sort()).toEqual(["authorize", "search", "serialise"]);
  expect(new Set(receiver.spans.map((span) => span.traceId))).toEqual(new Set([traceId]));

  const queries = lines.map((line) => JSON.parse(line)).filter(({ route }) => route?.endsWith("/Query"));
  expect(queries.filter((line) => line.traceId === traceId)).toHaveLength(3);
});

import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  type OtlpReceiver,
  type ReceivedSpan,
  startOtlpReceiver,
} from "../adapters/otlpReceiver.test.support.ts";
import {
  startTestServer,
  type TestServer,
  type TestServerOptions,
} from "../adapters/testServer.test.support.ts";

let receiver: OtlpReceiver;
beforeEach(async () => {
  receiver = await startOtlpReceiver();
});
afterEach(() => receiver.close());

const start = (sampleRatio: number, options: TestServerOptions = {}): Promise<TestServer> =>
  startTestServer({
    ...options,
    flags: {
      "--tracing-enabled": "true",
      "--tracing-otlp-endpoint": receiver.url,
      "--tracing-sample-ratio": String(sampleRatio),
      ...options.flags,
    },
  });

const traceId = "0af7651916cd43dd8448eb211c80319c";
const traceparent = (flags: "00" | "01"): string => `00-${traceId}-b7ad6b7169203331-${flags}`;

/** `name > name`, each span below the one that it is a part of, in the order of their beginnings. */
function outline(spans: readonly ReceivedSpan[], parent: string | undefined, depth = 0): readonly string[] {
  const children = spans
    .filter(({ parentSpanId }) => (parentSpanId || undefined) === parent)
    .sort((a, b) => Number(a.startNs - b.startNs));
  return children.flatMap(({ name, spanId }) => [
    "  ".repeat(depth) + name,
    ...outline(spans, spanId, depth + 1),
  ]);
}

const rootNamed = (name: string): ReceivedSpan => receiver.spans.find((span) => span.name === name)!;

const partsOf = (root: ReceivedSpan): readonly string[] => outline(receiver.spans, root.spanId);

test("a request is traced from its head to its answer, and says who, what and where", async () => {
  const server = await start(1);
  const created = await server.call("POST", "/api/v1/collections", { name: "a", dimension: 32 });
  const documents = [{ text: "some words of a document" }];
  await server.call("POST", "/api/v1/collections/a/documents", { documents });
  await server.call("POST", "/api/v1/collections/a/query", { text: "words", filter: { year: 1 } });
  await server.call("POST", "/api/v1/collections/a/snapshots", { wait: true });
  await server.call("POST", "/api/v1/collections/b/query", { text: "words" });
  await server.close();

  const query = receiver.spans.find(
    ({ name, attributes }) =>
      name === "POST /api/v1/collections/:collection/query" &&
      attributes["http.response.status_code"] === 200,
  )!;
  expect(partsOf(query)).toEqual([
    "authorize",
    "search",
    "  embed",
    "  filter",
    "  index walk",
    "  fetch",
    "serialise",
  ]);
  expect(query.attributes).toMatchObject({
    "http.request.method": "POST",
    "http.route": "/api/v1/collections/:collection/query",
    "akidb.operation": "query",
    "akidb.collection_id": created.body.collection_id,
    "akidb.tenant_id": expect.stringMatching(/^[0-9a-f-]{36}$/),
    "akidb.request_id": expect.any(String),
  });
  const upsert = rootNamed("POST /api/v1/collections/:collection/documents");
  expect(partsOf(upsert)).toEqual([
    "authorize",
    "embed",
    "upsert",
    "  document store",
    "  WAL",
    "  index",
    "serialise",
  ]);
  const snapshot = rootNamed("POST /api/v1/collections/:collection/snapshots");
  expect(partsOf(snapshot)).toEqual(["authorize", "snapshot", "  checkpoint", "  Parquet", "serialise"]);
  const byId = new Map(receiver.spans.map((span) => [span.spanId, span]));
  for (const span of receiver.spans) {
    expect(span.endNs).toBeGreaterThanOrEqual(span.startNs);
    const parent = byId.get(span.parentSpanId ?? "");
    if (parent === undefined) continue;
    // Times are whole microseconds of a float when they are sent.
    expect(span.startNs).toBeGreaterThanOrEqual(parent.startNs - 2_000n);
    expect(span.endNs).toBeLessThanOrEqual(parent.endNs + 2_000n);
  }
  const failed = receiver.spans.filter(({ name, isError }) => name === "authorize" && isError);
  expect(failed.map(({ attributes }) => attributes["error.type"])).toEqual(["not_found"]);
});

test("a caller's trace goes on, if it is recorded, whatever part of the others is", async () => {
  const server = await start(0, { flags: { "--rerank-url": `${receiver.url}/rerank` } });
  await server.call("POST", "/api/v1/collections", { name: "a" });
  await server.call("POST", "/api/v1/collections/a/insert", { text: "words" });
  const query = { text: "words", rerank: {} };
  await server.call("POST", "/api/v1/collections/a/query", query, { traceparent: traceparent("00") });
  await server.call("GET", "/ready", undefined, { traceparent: traceparent("01"), tracestate: "vendor=x" });
  await server.call("GET", "/health", undefined, { traceparent: traceparent("00") });
  await server.call("GET", "/health");
  await server.call("GET", "/health", undefined, { traceparent: "nonsense" });
  await server.close();
  // The server's own span in the caller's trace.
  expect(receiver.traceparents).toEqual([
    expect.stringMatching(new RegExp(`^00-${traceId}-(?!b7ad6b)[0-9a-f]{16}-00$`)),
  ]);
  expect(receiver.spans).toEqual([
    expect.objectContaining({
      name: "GET /ready",
      traceId,
      parentSpanId: "b7ad6b7169203331",
      traceState: "vendor=x",
    }),
  ]);
});

test("lines of the log have the request and the trace, and never a vector or a key", async () => {
  const lines: string[] = [];
  const logger = pino({ level: "trace" }, { write: (line: string) => void lines.push(line) });
  const flags = { "--auth-mode": "required", "--logging-slow-query-ms": "1" };
  const server = await start(1, { logger, flags });
  const headers = { authorization: `Bearer ${server.madeKey}`, traceparent: traceparent("01") };
  const call = (path: string, body: object) =>
    server.call("POST", path, body, { ...headers, "x-request-id": "my-request" });
  const vector = Array.from({ length: 32 }, () => 0.123456789);
  await call("/api/v1/collections", { name: "a", dimension: 32 });
  const documents = Array.from({ length: 2_000 }, () => ({ vector, text: "whispered words" }));
  await call("/api/v1/collections/a/documents", { documents });
  await call("/api/v1/collections/a/query", { vector, top_k: 2_000, include: ["vector"] });
  await call("/api/v1/collections/a/query", { vector: [0.123456789] });
  await server.close();
  const ofRequests = lines
    .map((line) => JSON.parse(line))
    .filter(({ msg }) => /request|slow query/.test(msg));
  expect(new Set(ofRequests.map(({ msg }) => msg))).toEqual(new Set(["request", "slow query"]));
  for (const line of ofRequests) expect(line).toMatchObject({ requestId: "my-request", traceId });
  const everything = lines.join("") + JSON.stringify(receiver.spans.map(({ attributes }) => attributes));
  for (const secret of ["0.123456789", "whispered", server.madeKey!])
    expect(everything).not.toContain(secret);
});

test("without a collector the server works and stops, and says so once", async () => {
  await receiver.close();
  const lines: string[] = [];
  const logger = pino({ level: "warn" }, { write: (line: string) => void lines.push(line) });
  const server = await start(1, { logger });
  for (let n = 0; n < 10; n++) expect((await server.call("GET", "/health")).status).toBe(200);
  await server.close();
  expect(lines.length).toBeLessThanOrEqual(1);
  receiver = await startOtlpReceiver();
});

test("where nothing is recorded, the log names a caller's trace all the same", async () => {
  const lines: string[] = [];
  const logger = pino({ level: "info" }, { write: (line: string) => void lines.push(line) });
  const server = await startTestServer({ logger });
  await server.call("GET", "/health", undefined, { traceparent: traceparent("01") });
  await server.close();
  expect(lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === "request")).toEqual([
    expect.objectContaining({ traceId, route: "/health" }),
  ]);
});

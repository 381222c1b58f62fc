import { readFile } from "node:fs/promises";
import { SeededRandom } from "@akidb/base";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startTestServer, type TestServer } from "../adapters/testServer.test.support.ts";

const running: TestServer[] = [];
afterEach(async () => {
  for (const server of running.splice(0)) await server.close();
});

/** Of the tests that only look. */
let shared: TestServer;
beforeAll(async () => {
  shared = await startTestServer();
});
afterAll(() => shared.close());

async function start(options: Parameters<typeof startTestServer>[0] = {}): Promise<TestServer> {
  const server = await startTestServer(options);
  running.push(server);
  return server;
}

/** By name and labels, as Prometheus reads them. */
async function scrape(server: TestServer, headers = {}): Promise<ReadonlyMap<string, number>> {
  const { status, body, headers: answered } = await server.call("GET", "/metrics", undefined, headers);
  expect(status).toBe(200);
  expect(answered.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
  const lines = (body as string).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.split(" ").at(-1))]));
}

const vector = Array.from({ length: 16 }, (_, n) => n);
const documentsPath = "/api/v1/collections/:collection/documents";
const queryPath = "/api/v1/collections/:collection/query";

test("what was asked is counted, each once, by the patterns of the routes", async () => {
  const server = await start({ flags: { "--wal-sync": "always", "--hnsw-threshold": "2" } });
  await server.call("POST", "/api/v1/collections", { name: "a", dimension: 32 });
  const documents = Array.from({ length: 5 }, (_, n) => ({ text: `the words of document ${n}` }));
  await server.call("POST", "/api/v1/collections/a/documents", { documents });
  await expect
    .poll(async () => (await scrape(server)).get("vectors_indexed_total"), { timeout: 30_000 })
    .toBe(5);
  const before = (await scrape(server)).get(
    'http_requests_total{method="GET",path="/metrics",status="200"}',
  )!;
  for (let n = 0; n < 3; n++) await server.call("POST", "/api/v1/collections/a/query", { text: "words" });
  await server.call("POST", "/api/v1/collections/a/query", { text: "words", exact: true });
  await server.call("POST", "/api/v1/collections/a/query", { text: "words", top_k: -1 });
  await server.call("POST", "/api/v1/collections/b/query", { text: "words" });
  await server.call("POST", "/api/v1/collections/a/snapshots", { wait: true });
  await server.call("GET", "/nothing/is/here");
  const found = await scrape(server);
  const expected = {
    [`http_requests_total{method="POST",path="${documentsPath}",status="200"}`]: 1,
    [`http_requests_total{method="POST",path="${queryPath}",status="200"}`]: 4,
    [`http_requests_total{method="POST",path="${queryPath}",status="400"}`]: 1,
    [`http_requests_total{method="POST",path="${queryPath}",status="404"}`]: 1,
    'http_requests_total{method="GET",path="unknown",status="404"}': 1,
    'http_requests_total{method="GET",path="/metrics",status="200"}': before + 1,
    [`http_request_duration_seconds_count{method="POST",path="${queryPath}"}`]: 6,
    'vector_search_duration_seconds_count{plan="graph"}': 3,
    'vector_search_duration_seconds_count{plan="exact"}': 1,
    vector_upsert_duration_seconds_count: 1,
    wal_write_duration_seconds_count: 1,
    snapshot_creation_duration_seconds_count: 1,
    vectors_indexed_total: 5,
    vectors_unindexed: 0,
    // One of the refused queries was embedded before.
    'embedding_duration_seconds_count{model="hashing"}': 6,
    // Of those that found their collection; the last scrape was allowed, and is not answered yet.
    'authorization_decisions_total{result="allowed"}': 8 + before + 2,
    worker_queue_depth: 0,
  };
  expect(Object.fromEntries(Object.keys(expected).map((name) => [name, found.get(name)]))).toEqual(expected);
  for (const name of [
    'embedding_tokens_total{model="hashing"}',
    "wal_bytes",
    'disk_usage_bytes{component="wal"}',
    'memory_usage_bytes{component="indexes"}',
    'memory_usage_bytes{component="process"}',
    "memory_limit_bytes",
    "active_connections",
    "process_cpu_seconds_total",
    "nodejs_eventloop_lag_seconds",
  ]) {
    expect.soft(found.get(name), name).toBeGreaterThanOrEqual(/^(nodejs|process)_/.test(name) ? 0 : 1);
  }
  expect(found.get("wal_fsync_duration_seconds_count")).toBeGreaterThanOrEqual(1);
  expect(found.get("snapshot_age_seconds")).toBeLessThan(600);
});

test("no path, method, name or number of collections makes more series", async () => {
  const server = shared;
  const random = new SeededRandom(7);
  const word = (): string => Math.floor(random.nextFloat() * 1e9).toString(36);
  const methods = ["GET", "POST", "PUT", "DELETE", "PROPFIND", "SEARCH", "OPTIONS", "PATCH"];
  const some = async (count: number): Promise<void> => {
    for (let n = 0; n < count; n++) {
      const method = methods[n % methods.length]!;
      await server.call(method, `/${word()}/${word()}?${word()}=${word()}`);
      await server.call(method, `/api/v1/collections/${word()}/documents/${word()}`);
      await server.call(method, `/api/v1/databases/${word()}/collections/${word()}/${word()}`);
    }
  };
  await some(methods.length);
  const seriesOf = async () => [...(await scrape(server)).keys()].filter((name) => name.includes("http_"));
  await scrape(server);
  const first = await seriesOf();
  await some(5 * methods.length);
  expect(await seriesOf()).toEqual(first);
});

test("names of tenants, collections and documents are nowhere in it", async () => {
  const server = shared;
  await server.call("POST", "/api/v1/collections", { name: "hush-hush", dimension: 16 });
  await server.call("POST", "/api/v1/collections/hush-hush/insert", {
    external_id: "secret",
    vector: [1, 0],
  });
  const { body } = await server.call("GET", "/metrics");
  expect(body).not.toMatch(/hush|secret|default/);
});

test("where credentials are required, it takes a key of the server's admin, as Prometheus sends it", async () => {
  const server = await start({ flags: { "--auth-mode": "required" } });
  expect((await server.call("GET", "/metrics")).status).toBe(401);
  const headers = { authorization: `Bearer ${server.madeKey}` };
  const viewer = { name: "looks", role: "viewer" };
  const { body } = await server.call("POST", "/api/v1/api-keys", viewer, headers);
  const refused = await server.call("GET", "/metrics", undefined, { authorization: `Bearer ${body.secret}` });
  expect(refused).toMatchObject({ status: 403, body: { code: "permission_denied" } });
  const found = await scrape(server, headers);
  expect(found.get('authorization_decisions_total{result="denied"}')).toBe(1);
  const log = await server.call("GET", "/api/v1/audit-logs", undefined, headers);
  expect(
    log.body.audit_logs.filter(
      ({ action, result }: Record<string, string>) => action === "server::admin" && result === "allowed",
    ),
  ).toEqual([]);
});

test("it is not there where nothing is measured", async () => {
  const server = await start({ environment: { AKIDB_METRICS_ENABLED: "false" } });
  expect((await server.call("GET", "/metrics")).status).toBe(404);
  await server.call("POST", "/api/v1/collections", { name: "a", dimension: 16 });
  expect((await server.call("POST", "/api/v1/collections/a/insert", { vector })).status).toBe(201);
});

const contract = [
  "http_requests_total http_request_duration_seconds grpc_requests_total grpc_request_duration_seconds",
  "vector_search_duration_seconds vector_upsert_duration_seconds vectors_indexed_total vectors_unindexed",
  "wal_write_duration_seconds wal_bytes wal_fsync_duration_seconds",
  "s3_upload_duration_seconds s3_upload_bytes_total s3_download_bytes_total",
  "snapshot_creation_duration_seconds snapshot_age_seconds collection_tier tier_migration_duration_seconds",
  "circuit_breaker_state dlq_size dlq_items_added_total retry_attempts_total",
  "memory_usage_bytes disk_usage_bytes active_connections worker_queue_depth",
  "embedding_tokens_total embedding_duration_seconds embedding_queue_depth embedding_failures_total",
  "authorization_decisions_total authorization_duration_seconds tenant_quota_used_ratio",
].flatMap((line) => line.split(" "));

test("every metric of the contract is there, and the page says what each is", async () => {
  const server = shared;
  const { body } = await server.call("GET", "/metrics");
  const exposed = [...(body as string).matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name!);
  const own = exposed.filter((name) => !/^(process|nodejs)_/.test(name));
  expect(own.toSorted()).toEqual([...contract, "memory_limit_bytes"].sort());
  const page = await readFile(new URL("../../../../docs/telemetry.md", import.meta.url), "utf8");
  expect([...page.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name).sort()).toEqual(own.sort());
});

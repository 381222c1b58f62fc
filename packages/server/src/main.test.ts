import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startTestServer, type TestServer } from "./adapters/testServer.test.support.ts";

let directory: string;
const running = new Set<TestServer>();

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "akidb-main-"));
});
afterEach(async () => {
  for (const server of running) await server.close();
  running.clear();
  await rm(directory, { recursive: true });
});

async function start(options: Parameters<typeof startTestServer>[0] = {}): Promise<TestServer> {
  const server = await startTestServer({ directory, ...options });
  running.add(server);
  return server;
}

async function stop(server: TestServer): Promise<void> {
  running.delete(server);
  await server.close();
}

const vector = Array.from({ length: 16 }, (_, i) => i);

describe("a server", () => {
  test("keeps what it has acknowledged", async () => {
    const first = await start();
    await first.call("POST", "/api/v1/collections", { name: "a", dimension: 16 });
    await first.call("POST", "/api/v1/collections/a/insert", { external_id: "x", vector });
    await stop(first);
    const second = await start();
    const { body } = await second.call("POST", "/api/v1/collections/a/query", { vector });
    expect(body.matches).toEqual([expect.objectContaining({ external_id: "x" })]);
  });

  test("builds graphs as it is configured", async () => {
    const flags = { "--hnsw-threshold": "2", "--hnsw-m": "4", "--hnsw-ef-construction": "8" };
    const server = await start({ flags });
    const created = await server.call("POST", "/api/v1/collections", { name: "a", dimension: 16 });
    expect(created.body.hnsw).toEqual({ m: 4, ef_construction: 8 });
    const documents = [1, 2, 3].map((n) => ({ vector: vector.map((component) => component + n) }));
    await server.call("POST", "/api/v1/collections/a/documents", { documents });
    const indexedCount = async () => (await server.call("GET", "/api/v1/collections/a")).body.indexed_count;
    await expect.poll(indexedCount, { timeout: 30_000 }).toBe(3);
  });

  test("wants credentials where others can reach it, and shows the first key once", async () => {
    const flags = { "--host": "0.0.0.0" };
    const server = await start({ flags });
    const list = (headers: Record<string, string> = {}) =>
      server.call("GET", "/api/v1/collections", undefined, headers);
    expect(await list()).toMatchObject({ status: 401, body: { code: "unauthenticated" } });
    expect((await server.call("GET", "/health")).status).toBe(200);
    const key = server.madeKey!;
    expect((await list({ authorization: `Bearer ${key}` })).status).toBe(200);
    expect((await list({ "x-api-key": key })).status).toBe(200);
    expect((await list({ "x-api-key": key.replace(/.$/, "_") })).status).toBe(401);
    await stop(server);
    expect((await start({ flags })).madeKey).toBeUndefined();
  });

  test("does not start on a port in use, and lets go of its data", async () => {
    const first = await start();
    const { port } = new URL(first.url);
    const other = await mkdtemp(join(tmpdir(), "akidb-main-"));
    const refused = start({ directory: other, flags: { "--rest-port": port } });
    await expect(refused).rejects.toMatchObject({
      code: "failed_precondition",
      message: expect.stringContaining(`port ${port}: the port is in use`),
    });
    const free = await start({ directory: other });
    await stop(free);
    await rm(other, { recursive: true });
  });

  test("does not start on a data directory in use, and says by whom", async () => {
    const first = await start();
    await expect(start()).rejects.toMatchObject({
      code: "failed_precondition",
      message: expect.stringContaining(first.url),
    });
  });

  test("does not start on a data directory that cannot be had", async () => {
    const file = join(directory, "file");
    await writeFile(file, "");
    for (const path of [file, join(file, "below")]) {
      await expect(start({ directory: path })).rejects.toMatchObject({ code: "failed_precondition" });
    }
  });

  const isRoot = process.getuid?.() === 0;
  test.skipIf(isRoot)(
    `does not start on a data directory that cannot be written${isRoot ? " (skipped: root may write anywhere)" : ""}`,
    async () => {
      await chmod(directory, 0o500);
      await expect(start()).rejects.toMatchObject({ code: "failed_precondition" });
      await chmod(directory, 0o700);
    },
  );

  test("finishes what is in flight when it is closed", async () => {
    const server = await start();
    await server.call("POST", "/api/v1/collections", { name: "a", dimension: 16 });
    const line = Buffer.from(`${JSON.stringify({ vector })}\n`);
    let closing: Promise<void> | undefined;
    async function* body(): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < 10; i++) yield line;
      while ((await server.call("GET", "/health")).status !== 200);
      closing = stop(server);
      for (let i = 0; i < 10; i++) yield line;
    }
    const stream = ReadableStream.from(body()) as ReadableStream<Uint8Array>;
    const answer = await server.send("/api/v1/collections/a/documents", stream, "application/x-ndjson");
    expect(answer).toMatchObject({ status: 200, body: { upserted: 20 } });
    expect(answer.headers.get("connection")).toBe("close");
    await closing;
    await expect(server.call("GET", "/health")).rejects.toThrow();
    const again = await start();
    while ((await again.call("GET", "/ready")).status !== 200);
    expect((await again.call("GET", "/api/v1/collections/a")).body.document_count).toBe(20);
  });

  test("serves everything but what is damaged, and says what that is", async () => {
    const first = await start({ flags: { "--wal-sync": "always" } });
    for (const name of ["bad", "good"]) {
      await first.call("POST", "/api/v1/collections", { name, dimension: 16 });
      for (let i = 0; i < 2; i++) await first.call("POST", `/api/v1/collections/${name}/insert`, { vector });
    }
    const { collection_id: id } = (await first.call("GET", "/api/v1/collections/bad")).body;
    await stop(first);
    const folder = join(directory, "collections", id, "wal");
    const [segment] = await readdir(folder);
    const log = await readFile(join(folder, segment!));
    log[150]! ^= 1;
    await writeFile(join(folder, segment!), log);

    const second = await start();
    let ready = await second.call("GET", "/ready");
    while (ready.status === 503) ready = await second.call("GET", "/ready");
    expect(ready).toMatchObject({
      status: 200,
      body: {
        status: "degraded",
        damages: [{ collection_id: id, collection: "bad", file: `wal/${segment}`, loss: "some" }],
        parts: { collections: { status: "degraded", open: 1, damaged: [{ id, name: "bad" }] } },
      },
    });
    expect((await second.call("GET", "/api/v1/collections/bad")).body.state).toBe("damaged");
    const refused = await second.call("POST", "/api/v1/collections/bad/query", { vector });
    expect(refused.status).toBeGreaterThanOrEqual(400);
    expect(refused.body.code).not.toBe("internal");
    const served = await second.call("POST", "/api/v1/collections/good/query", { vector });
    expect(served.body.matches).toHaveLength(2);
    await stop(second);

    const guarded = await start({ flags: { "--auth-mode": "required" } });
    do ready = await guarded.call("GET", "/ready");
    while (ready.status === 503);
    expect(ready.body).toMatchObject({ status: "degraded", damages: [] });
    expect(JSON.stringify(ready.body)).not.toMatch(/bad|\.wal/);
    expect((await guarded.call("GET", "/admin/health")).status).toBe(401);
    const asAdmin = { authorization: `Bearer ${guarded.madeKey}` };
    expect((await guarded.call("GET", "/admin/health", undefined, asAdmin)).body).toMatchObject({
      status: "degraded",
      damages: [{ collection: "bad" }],
    });
  });

  test("tells of damage that a start made good, by the file, until the next one", async () => {
    const first = await start();
    await first.call("POST", "/api/v1/collections", { name: "books", dimension: 16 });
    await first.call("POST", "/api/v1/collections/books/insert", { vector });
    const { snapshot_id: snapshot } = (await first.call("POST", "/api/v1/collections/books/snapshots", {}))
      .body;
    const { collection_id: id } = (await first.call("GET", "/api/v1/collections/books")).body;
    await stop(first);
    const folder = join(directory, "collections", id);
    const checkpoint = (await readdir(join(folder, "checkpoint"))).sort().at(-1)!;
    await writeFile(join(folder, "checkpoint", checkpoint, "rows"), "rotten");
    const parquet = join(folder, "snapshots", snapshot, "documents.parquet");
    await writeFile(parquet, "rotten");

    const second = await start();
    let ready = await second.call("GET", "/ready");
    while (ready.status === 503) ready = await second.call("GET", "/ready");
    const damages = [
      { file: `checkpoint/${checkpoint}/rows`, loss: "none" },
      { file: `snapshots/${snapshot}/documents.parquet`, loss: "none" },
    ];
    expect(ready.body).toMatchObject({ status: "degraded", parts: { collections: { damaged: [] } } });
    const { body: info } = await second.call("GET", "/api/v1/collections/books");
    expect(info).toMatchObject({
      state: "degraded",
      state_reason: expect.stringContaining(`checkpoint/${checkpoint}/rows: `),
    });
    for (const { file, loss } of damages) {
      expect(ready.body.damages).toContainEqual(expect.objectContaining({ collection: "books", file, loss }));
      expect(info.damages).toContainEqual(expect.objectContaining({ file, loss }));
    }
    expect(ready.body.damages).toHaveLength(2);
    expect(
      (await second.call("POST", "/api/v1/collections/books/query", { vector })).body.matches,
    ).toHaveLength(1);
    await second.call("DELETE", `/api/v1/collections/books/snapshots/${snapshot}`);
    await stop(second);
    const third = await start();
    do ready = await third.call("GET", "/ready");
    while (ready.status === 503);
    expect(ready.body).toMatchObject({ status: "ready", damages: [] });
  });

  test("does not wait longer than a request may take", async () => {
    const server = await start({ flags: { "--server-timeout-seconds": "1" } });
    await server.call("POST", "/api/v1/collections", { name: "a", dimension: 16 });
    const endless = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(Buffer.from(`${JSON.stringify({ vector })}\n`)),
    });
    const answer = server.send("/api/v1/collections/a/documents", endless, "application/x-ndjson");
    const outcome = answer.then(
      () => "answered",
      () => "cut",
    );
    while ((await server.call("GET", "/health")).status !== 200);
    await stop(server);
    expect(await outcome).toBe("cut");
  });
});

describe("the log", () => {
  test("has one line for each request, with its id, and nothing that was in it", async () => {
    const lines: string[] = [];
    const logger = pino({ level: "trace" }, { write: (line: string) => lines.push(line) });
    const server = await start({ logger });
    await server.call("POST", "/api/v1/collections", { name: "a", dimension: 16 });
    lines.length = 0;
    const secret = "attack at dawn";
    const headers = { "x-request-id": "mine", "x-custom": secret };
    const path = "/api/v1/collections/a/documents";
    await server.call("POST", "/api/v1/collections/a/insert", { text: secret, vector }, headers);
    await server.call("POST", path, { documents: [{ text: secret, odd: secret }] }, headers);
    await server.send(path, `{"text":"${secret}"`, "application/json");
    await server.call("GET", `${path}/${encodeURIComponent(secret)}?include=text`, undefined, headers);
    await server.call("GET", `${path}/x`, undefined, { authorization: `Bearer ${secret}` });
    await server.call("GET", "/none");
    await stop(server);
    const requests = lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === "request");
    expect(requests.map(({ method, route, status }) => `${method} ${route} ${status}`)).toEqual([
      "POST /api/v1/collections/:collection/insert 201",
      "POST /api/v1/collections/:collection/documents 400",
      "POST /api/v1/collections/:collection/documents 400",
      "GET /api/v1/collections/:collection/documents/:id 404",
      "GET /api/v1/collections/:collection/documents/:id 401",
      "GET unknown 404",
    ]);
    expect(requests.filter(({ requestId }) => requestId === "mine")).toHaveLength(3);
    for (const { requestId, ms } of requests) {
      expect(requestId).not.toBe("");
      expect(ms).toEqual(expect.any(Number));
    }
    expect(lines.join("")).not.toMatch(/attack|dawn/);
  });
});

test("tenants that are created without quotas get those of the configuration", async () => {
  const flags = {
    "--limits-default-memory-quota-bytes": "1000000",
    "--limits-default-storage-quota-bytes": "2000000",
    "--limits-default-qps-quota": "3",
  };
  const server = await start({ flags });
  const quotas = { memory_quota_bytes: 1_000_000, storage_quota_bytes: 2_000_000, qps_quota: 3 };
  const own = await server.call("POST", "/api/v1/tenants", { name: "acme", qps_quota: 7 });
  expect(own.body).toMatchObject({ ...quotas, qps_quota: 7 });
  expect((await server.call("GET", "/api/v1/tenants/default")).body).toMatchObject(quotas);
  await stop(server);
  const again = await start();
  expect((await again.call("GET", "/api/v1/tenants/default")).body).toMatchObject(quotas);
});

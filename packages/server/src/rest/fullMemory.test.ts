import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestServer, type TestServer } from "../adapters/testServer.test.support.ts";

const MiB = 1024 * 1024;
const dimension = 1_024;

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({ flags: { "--limits-max-memory-bytes": String(8 * MiB) } });
  await server.call("POST", "/api/v1/collections", { name: "a", dimension });
});
afterAll(() => server.close());

const documents = (first: number, count = 200) =>
  Array.from({ length: count }, (_, at) => ({
    external_id: `d${first + at}`,
    vector: Array.from({ length: dimension }, (_, k) => (((first + at) * (k + 1)) % 7) + 1),
    metadata: { n: first + at },
  }));
const path = "/api/v1/collections/a/documents";

test("writes are answered with 507 while memory is full, and all else goes on", async () => {
  let count = 1;
  let answer = await server.call("POST", path, { documents: documents(count) });
  while (answer.status === 200) {
    count += 200;
    answer = await server.call("POST", path, { documents: documents(count) });
  }
  expect(answer).toMatchObject({
    status: 507,
    body: { code: "quota_exceeded", detail: expect.stringContaining("limits.max_memory_bytes") },
  });
  expect(count).toBeGreaterThan(600);

  const ready = await server.call("GET", "/ready");
  expect(ready.status).toBe(200);
  expect(ready.body).toMatchObject({
    status: "degraded",
    damages: [],
    parts: {
      collections: { status: "ready" },
      memory: { status: "degraded", reason: expect.stringContaining("8.0 MiB") },
    },
  });
  expect((await server.call("GET", "/api/v1/collections/a")).body).toMatchObject({
    document_count: count - 1,
    state: "ready",
  });

  const found = await server.call("POST", "/api/v1/collections/a/query", {
    vector: documents(5, 1)[0]!.vector,
    top_k: 1,
  });
  expect(found.status).toBe(200);
  expect((await server.call("GET", `${path}/d5`)).status).toBe(200);
  expect((await server.call("DELETE", `${path}/d5`)).status).toBe(204);

  const lines = documents(count).map((document) => JSON.stringify(document));
  expect(await server.send(path, lines.join("\n"), "application/x-ndjson")).toMatchObject({
    status: 507,
    body: { code: "quota_exceeded" },
  });

  expect((await server.call("DELETE", "/api/v1/collections/a")).status).toBe(204);
  expect((await server.call("GET", "/ready")).body).toMatchObject({
    status: "ready",
    parts: { memory: { status: "ready" } },
  });
});

import { systemClock } from "@akidb/base";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestServer, type TestServer } from "../adapters/testServer.test.support.ts";

/** Of a tenant that nobody has said anything else about. */
const perSecond = 200;

let server: TestServer;
let nowMs = 0;
let headers: Record<string, string>;

beforeAll(async () => {
  server = await startTestServer({
    flags: { "--auth-mode": "required" },
    clock: { nowMs: () => systemClock.nowMs(), monotonicMs: () => nowMs },
  });
  headers = { authorization: `Bearer ${server.madeKey}` };
  await server.call("POST", "/api/v1/collections", { name: "a", dimension: 16 }, headers);
});
afterAll(() => server.close());

const list = (extra = headers) => server.call("GET", "/api/v1/collections?limit=1", undefined, extra);
const rateOf = ({ headers }: { readonly headers: Headers }) =>
  ["limit", "remaining", "reset"].map((name) => headers.get(`ratelimit-${name}`));

test("a tenant's requests beyond its rate are answered with 429, and told when to come back", async () => {
  nowMs += 10_000;
  expect(rateOf(await list())).toEqual(["200", "199", "1"]);
  const answers = await Promise.all(Array.from({ length: perSecond }, () => list()));
  const refused = answers.filter(({ status }) => status !== 200);
  expect(refused).toHaveLength(1);
  expect(refused[0]).toMatchObject({ status: 429, body: { code: "rate_limited" } });
  expect(refused[0]!.headers.get("retry-after")).toBe("1");
  expect(rateOf(refused[0]!)).toEqual(["200", "0", "1"]);
  nowMs += 10;
  const [first, second, third] = [await list(), await list(), await list()];
  expect([first.status, second.status, third.status]).toEqual([200, 200, 429]);
});

test("a refused write is not read, and writes nothing", async () => {
  const document = { external_id: "x", vector: Array.from({ length: 16 }, () => 1) };
  const insert = () => server.call("POST", "/api/v1/collections/a/insert", document, headers);
  expect((await insert()).status).toBe(429);
  nowMs += 10_000;
  const { status } = await server.call("GET", "/api/v1/collections/a/documents/x", undefined, headers);
  expect(status).toBe(404);
  expect((await insert()).status).toBe(201);
});

test("what needs no credentials has no rate, and who shows wrong ones takes from nobody's", async () => {
  const health = await server.call("GET", "/health");
  expect([health.status, ...rateOf(health)]).toEqual([200, null, null, null]);
  nowMs += 10_000;
  for (let n = 0; n < 5; n++) {
    expect((await list({ authorization: "Bearer akidb_wrong" })).status).toBe(401);
  }
  expect(rateOf(await list())).toEqual(["200", "199", "1"]);
});

test("a stream is slowed down to the rate, and written to its end", async () => {
  nowMs += 10_000;
  const lines = Array.from({ length: 4_500 }, (_, n) =>
    JSON.stringify({ external_id: `s${n}`, vector: Array.from({ length: 16 }, () => n + 1) }),
  );
  await Promise.all(Array.from({ length: perSecond - 2 }, () => list()));
  const response = await fetch(`${server.url}/api/v1/collections/a/documents`, {
    method: "POST",
    headers: { ...headers, "content-type": "application/x-ndjson" },
    body: lines.join("\n"),
  });
  expect(await response.json()).toMatchObject({ upserted: 4_500, failed: 0 });
  // Its five batches: one that the request paid for, one that was left, three that are owed.
  nowMs += 15;
  expect((await list()).status).toBe(429);
  nowMs += 5;
  expect((await list()).status).toBe(200);
});

test("who needs no credentials on this machine is told of no rate", async () => {
  const open = await startTestServer();
  try {
    const answer = await open.call("GET", "/api/v1/collections");
    expect([answer.status, ...rateOf(answer)]).toEqual([200, null, null, null]);
  } finally {
    await open.close();
  }
});

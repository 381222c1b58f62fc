import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestServer, type TestServer } from "../adapters/testServer.test.support.ts";

const seed = 20_260_727;
const url = "/api/v1/audit-logs";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  await server.call("POST", "/api/v1/collections", { name: "a", dimension: 16 });
  await server.call("DELETE", "/api/v1/collections/a");
});
afterAll(() => server.close());

const text = fc.oneof(
  fc.constantFrom("", "true", "false", "0", "1", "-1", "1e3", "allowed", "denied", "csv", "jsonl", "default"),
  fc.constantFrom("2026-01-31T09:30:00Z", "2026-01-31", "0000-00-00T00:00:00Z", "+275760-09-13T00:00:00Z"),
  fc.constantFrom("019f3c1e-5a61-7c3e-8d55-0d3a6f1b2c4d", "a@b.c", "' or 1=1 --", "%", "\0", "__proto__"),
  fc.constantFrom(
    "x".repeat(1_025),
    "AAAAAAAAAAAAAAAAAAAAAA",
    "__________8_________8A",
    "9999-12-31T23:59:59Z",
  ),
  fc.string({ unit: "grapheme", maxLength: 20 }),
);
const names = [
  ...["tenant", "all_tenants", "user", "action", "result", "resource_type", "resource_id", "since", "until"],
  ...["limit", "cursor", "format", "nonsense"],
];

test("any question is answered or refused, and never with a fault of the server", async () => {
  const parameters = fc.array(fc.tuple(fc.constantFrom(...names), text), { maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(parameters, fc.boolean(), async (pairs, isExport) => {
      const query = new URLSearchParams(pairs);
      const { status, body } = await server.call("GET", `${url}${isExport ? "/export" : ""}?${query}`);
      expect([200, 400, 404]).toContain(status);
      if (status === 400) expect(body.errors.length).toBeGreaterThan(0);
    }),
    { numRuns: 150, seed },
  );
});

test("a verification takes a position, or nothing", async () => {
  const hash = "0".repeat(64);
  for (const [body, status] of [
    [{}, 200],
    [{ known: { sequence: 1, hash } }, 200],
    [{ known: { sequence: 10 ** 15, hash } }, 200],
    [{ known: { sequence: -1, hash } }, 400],
    [{ known: { sequence: 1, hash: "abc" } }, 400],
    [{ known: { sequence: 1 } }, 400],
    [{ known: 7 }, 400],
    [{ nonsense: 1 }, 400],
  ] as const) {
    expect({ body, status: (await server.call("POST", `${url}/verify`, body)).status }).toEqual({
      body,
      status,
    });
  }
});

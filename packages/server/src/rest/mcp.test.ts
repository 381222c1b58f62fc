import { systemClock } from "@akidb/base";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestServer, type TestAnswer, type TestServer } from "../adapters/testServer.test.support.ts";

const seed = 20_261_126;
const bodyBytesMax = 200_000;

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ flags: { "--limits-max-body-bytes": String(bodyBytesMax) } });
  await server.call("POST", "/api/v1/collections", { name: "a", dimension: 16 });
  await server.call("POST", "/api/v1/databases", { name: "other" });
});
afterAll(() => server.close());

const accept = "application/json, text/event-stream";
const post = (message: unknown, headers: Record<string, string> = {}, query = ""): Promise<TestAnswer> =>
  server.call("POST", `/mcp${query}`, message, { accept, ...headers });

/** The one message of an answer, as JSON or as an event. */
function messageOf({ body }: TestAnswer) {
  if (typeof body !== "string") return body;
  const [, data] = /^data: (.+)$/m.exec(body) ?? [];
  return data === undefined ? undefined : JSON.parse(data);
}
const request = (method: string, params: object = {}, id: unknown = 1) => ({
  jsonrpc: "2.0",
  id,
  method,
  params,
});
const initialize = request("initialize", {
  protocolVersion: "2025-06-18",
  capabilities: {},
  clientInfo: { name: "test", version: "1" },
});
const call = (name: string, given: object = {}, id: unknown = 1) =>
  request("tools/call", { name, arguments: given }, id);

describe("clients of the revisions before 2026-07-28", () => {
  test("begin a session, and need it for nothing", async () => {
    const begun = await post(initialize);
    expect(messageOf(begun).result).toMatchObject({
      protocolVersion: "2025-06-18",
      capabilities: { tools: {}, resources: {} },
      serverInfo: { name: "akidb" },
      instructions: expect.any(String),
    });
    expect(begun.headers.get("mcp-session-id")).toMatch(/^[0-9a-f-]{36}$/);
    expect((await post({ jsonrpc: "2.0", method: "notifications/initialized" })).status).toBe(202);
    const listed = await post(call("list_collections"));
    expect(messageOf(listed).result.structuredContent.collections).toMatchObject([{ name: "a" }]);
  });

  test("have a database of their own where the address names one", async () => {
    const listed = await post(call("list_collections"), {}, "?database=other");
    expect(messageOf(listed).result.structuredContent.collections).toEqual([]);
    const none = await post(call("list_collections"), {}, "?database=none");
    expect(messageOf(none).result).toMatchObject({ isError: true });
  });

  test("have nothing to subscribe to, and no stream of the server's own", async () => {
    for (const method of ["GET", "DELETE"]) {
      const answer = await server.call(method, "/mcp");
      expect(answer).toMatchObject({ status: 405, body: { jsonrpc: "2.0", id: null } });
      expect(answer.headers.get("allow")).toContain("POST");
    }
  });
});

describe("is refused as JSON-RPC has it:", () => {
  test.each([
    ["no JSON", "{", 400, -32_700],
    ["no UTF-8", new Uint8Array([0x22, 0xff, 0x22]), 400, -32_700],
    ["a batch", "[]", 400, -32_600],
    ["text", '"a"', 400, -32_600],
    ["a body that is too large", `"${"a".repeat(bodyBytesMax)}"`, 413, -32_000],
  ])("%s", async (_, body, status, code) => {
    const answer = await server.send("/mcp", body, "application/json");
    expect(answer).toMatchObject({ status, body: { jsonrpc: "2.0", id: null, error: { code } } });
  });

  test("what web pages send", async () => {
    const answer = await post(initialize, { origin: "http://evil.example" });
    expect(answer).toMatchObject({ status: 403, body: { error: { data: { code: "permission_denied" } } } });
  });
});

describe("cancelling", () => {
  /** As many vectors as take a while to be looked at, in a request of which another one is to be told. */
  const slow = async (session: string, id: unknown) => {
    const documents = Array.from({ length: 100 }, (_, n) => ({ text: `${n} ${"word ".repeat(200)}` }));
    return await post(call("upsert_documents", { collection: "texts", documents }, id), {
      "mcp-session-id": session,
    });
  };
  const cancel = (session: string, requestId: unknown) =>
    post(
      { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId } },
      { "mcp-session-id": session },
    );
  beforeAll(() => server.call("POST", "/api/v1/collections", { name: "texts" }));

  test("reaches the operation of the session that asks, and no other's", async () => {
    const sessions = ["one", "two"];
    const answers = sessions.map((session) => slow(session, 7));
    const untilMs = systemClock.monotonicMs() + 20_000;
    let isDone = false;
    const first = answers[0]!.finally(() => {
      isDone = true;
    });
    while (!isDone && systemClock.monotonicMs() < untilMs) {
      expect((await cancel("one", 7)).status).toBe(202);
      await cancel("three", 7);
      await cancel("two", "7");
    }
    expect(messageOf(await first)).toBeUndefined();
    expect(messageOf(await answers[1]!).result.structuredContent).toMatchObject({ upserted: 100 });
    const { body } = await server.call("POST", "/api/v1/collections/texts/count", {});
    expect(body.count).toBe(100);
  });
});

test("whatever is sent is answered, and never by an internal error", async () => {
  const methods = ["initialize", "ping", "tools/list", "tools/call", "resources/list", "resources/read"];
  const others = [
    "server/discover",
    "subscriptions/listen",
    "notifications/cancelled",
    "logging/setLevel",
    "x",
  ];
  const odd = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.constantFrom("", "a", -1, 1e308, "__proto__", "\\0"),
  );
  const tool = fc.constantFrom(
    "search",
    "get_document",
    "upsert_documents",
    "delete_documents",
    "list_collections",
  );
  const given = fc.record(
    {
      collection: fc.oneof(fc.constant("a"), odd),
      ...{ text: odd, id: odd, ids: odd, documents: odd, filter: odd, limit: odd, include: odd, top_k: odd },
    },
    { requiredKeys: [] },
  );
  const meta = fc.record(
    {
      "io.modelcontextprotocol/protocolVersion": fc.oneof(fc.constant("2026-07-28"), odd),
      "io.modelcontextprotocol/clientInfo": fc.oneof(fc.constant({ name: "t", version: "1" }), odd),
      "io.modelcontextprotocol/clientCapabilities": fc.oneof(fc.constant({}), odd),
    },
    { requiredKeys: [] },
  );
  const params = fc.oneof(
    fc.record(
      {
        name: fc.oneof(tool, odd),
        arguments: fc.oneof(given, odd),
        _meta: meta,
        uri: odd,
        cursor: odd,
        requestId: odd,
      },
      { requiredKeys: [] },
    ),
    odd,
  );
  const message = fc.oneof(
    {
      weight: 9,
      arbitrary: fc.record(
        {
          jsonrpc: fc.oneof({ weight: 9, arbitrary: fc.constant("2.0") }, odd),
          id: fc.oneof({ weight: 5, arbitrary: fc.integer() }, odd),
          method: fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...methods, ...others) }, odd),
          params,
        },
        { requiredKeys: [] },
      ),
    },
    odd,
  );
  const headers = fc.record(
    {
      "mcp-protocol-version": fc.constantFrom("2025-06-18", "2026-07-28", "1999-01-01", "x"),
      "mcp-session-id": fc.constantFrom("a", "b"),
      "mcp-method": fc.constantFrom("tools/call", "x"),
      accept: fc.constantFrom(accept, "application/json", "text/html", "*/*"),
    },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(message, headers, async (sent, given) => {
      const answer = await post(sent, given);
      expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(500);
      const text = JSON.stringify(messageOf(answer) ?? null);
      // The protocol's library calls parameters of another shape so, too, and tells which.
      expect(text).not.toMatch(/"message":"internal|"code":"internal"/i);
    }),
    { seed, numRuns: 400 },
  );
});

test("is not there where it is turned off", async () => {
  const without = await startTestServer({ environment: { AKIDB_FEATURES_MCP_ENABLED: "false" } });
  expect((await without.call("POST", "/mcp", initialize)).status).toBe(404);
  await without.close();
});

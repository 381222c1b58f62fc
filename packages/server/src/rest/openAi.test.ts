import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestServer, type TestServer } from "../adapters/testServer.test.support.ts";

const adminKey = `akidb_${"A".repeat(43)}`;
const bearer = { authorization: `Bearer ${adminKey}` };

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({
    flags: { "--auth-mode": "required", "--limits-max-body-bytes": "100000" },
    environment: { AKIDB_BOOTSTRAP_API_KEY: adminKey },
  });
});
afterAll(() => server.close());

const embed = (body: unknown, headers: Record<string, string> = bearer) =>
  server.call("POST", "/v1/embeddings", body, headers);

describe("embeddings", () => {
  test("are the same as those of the other route, as numbers and in base64", async () => {
    const texts = ["a red fox", "the lazy dog"];
    const own = await server.call("POST", "/api/v1/embed", { texts }, bearer);
    const { status, body } = await embed({ model: "hashing", input: texts, user: "ada" });
    expect(status).toBe(200);
    const tokens = own.body.usage.total_tokens;
    expect(body).toEqual({
      object: "list",
      data: own.body.embeddings.map((embedding: number[], index: number) => ({
        object: "embedding",
        index,
        embedding,
      })),
      model: "hashing",
      usage: { prompt_tokens: tokens, total_tokens: tokens },
    });
    const coded = await embed({ model: "hashing", input: texts[0], encoding_format: "base64" });
    const bytes = Buffer.from(coded.body.data[0].embedding, "base64");
    const floats = Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readFloatLE(4 * at));
    expect(floats).toEqual(own.body.embeddings[0]);
  });

  test("have the dimensions that are asked for", async () => {
    const { body } = await embed({ input: "a red fox", dimensions: 32 });
    expect(body.data[0].embedding).toHaveLength(32);
  });

  test.each([
    [{ input: [] }, "input"],
    [{ input: [1, 2] }, "input"],
    [{ input: [[1], [2]] }, "input"],
    [{ input: " " }, "input"],
    [{ input: ["a", ""] }, "input[1]"],
    [{ input: ["", "a"] }, "input[0]"],
    [{ input: "a", dimensions: 3 }, "dimensions"],
    [{ input: "a", model: "text-embedding-3-small" }, "model"],
    [{ input: "a", encoding_format: "int8" }, "encoding_format"],
    [{ input: "a", truncate: true }, "truncate"],
    [{}, "input"],
  ])("are refused for %j", async (body, param) => {
    const answer = await embed(body);
    expect(answer.status).toBe(400);
    expect(answer.headers.get("content-type")).toMatch(/^application\/json/);
    expect(answer.body).toEqual({
      error: {
        message: expect.stringContaining(`${param}: `),
        type: "invalid_request_error",
        param,
        code: "invalid_argument",
      },
    });
  });

  test("are told apart from tokens", async () => {
    expect((await embed({ input: [[1], [2]] })).body.error.message).toContain("send the texts themselves");
  });
});

test("models are listed, and shown one by one", async () => {
  const model = { id: "hashing", object: "model", created: 0, owned_by: "akidb" };
  const list = await server.call("GET", "/v1/models", undefined, bearer);
  expect(list.body).toEqual({ object: "list", data: [model] });
  expect((await server.call("GET", "/v1/models/hashing", undefined, bearer)).body).toEqual(model);
  const none = await server.call("GET", "/v1/models/gpt-5", undefined, bearer);
  expect(none).toMatchObject({
    status: 404,
    body: { error: { type: "not_found_error", code: "not_found" } },
  });
});

describe("whatever is refused is refused in OpenAI's shape:", () => {
  test.each([
    ["no credentials", () => embed({ input: "a" }, {}), 401, "authentication_error"],
    ["a body that is too large", () => embed({ input: "a".repeat(100_001) }), 413, "invalid_request_error"],
    ["no JSON", () => server.send("/v1/embeddings", "{", "application/json"), 401, "authentication_error"],
    ["another method", () => server.call("GET", "/v1/embeddings"), 405, "invalid_request_error"],
    ["another route", () => server.call("POST", "/v1/chat/completions", {}, bearer), 404, "not_found_error"],
  ])("%s", async (_, ask, status, type) => {
    const answer = await ask();
    expect(answer.status).toBe(status);
    expect(answer.body).toEqual({
      error: { message: expect.any(String), type, param: null, code: expect.any(String) },
    });
    if (status === 401) expect(answer.headers.get("www-authenticate")).toBe("Bearer");
  });

  test("a rate that is used up", async () => {
    const { body: tenant } = await server.call(
      "POST",
      "/api/v1/tenants",
      { name: "slow", qps_quota: 1 },
      bearer,
    );
    const key = await server.call(
      "POST",
      "/api/v1/api-keys",
      { name: "k", role: "viewer", tenant: tenant.tenant_id },
      bearer,
    );
    const slow = { authorization: `Bearer ${key.body.secret}` };
    let answer = await embed({ input: "a" }, slow);
    for (let tries = 0; answer.status === 200 && tries < 50; tries++)
      answer = await embed({ input: "a" }, slow);
    expect(answer).toMatchObject({
      status: 429,
      body: { error: { type: "rate_limit_error", param: null, code: "rate_limited" } },
    });
    expect(answer.headers.get("retry-after")).toBe("1");
  });
});

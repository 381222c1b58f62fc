import { deadlineAfter, systemClock } from "@akidb/base";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createHttpProvider, type ServerOptions } from "../createEmbeddingProvider.ts";
import { checkEmbeddingProvider } from "../embeddingProvider.contract.ts";
import type { EmbeddingProvider } from "../embeddingProvider.ts";
import {
  type Answering,
  answerWell,
  answerWith,
  EmbeddingsServer,
  itemsFor,
  servedDimension,
} from "./embeddingsServer.test.support.ts";

let server: EmbeddingsServer;
beforeAll(async () => {
  server = await EmbeddingsServer.start();
});
afterAll(() => server.stop());

const opened: EmbeddingProvider[] = [];
afterEach(async () => {
  server.answering = undefined;
  server.asked.length = 0;
  for (const provider of opened.splice(0)) await provider.close();
});

function open(options: ServerOptions = {}): EmbeddingProvider {
  const provider = createHttpProvider({ url: server.url, model: "nomic-embed-text", ...options });
  opened.push(provider);
  return provider;
}

async function embedding(texts: readonly string[], answering: Answering, options: ServerOptions = {}) {
  const model = await open(options).model();
  server.answering = answering;
  return await model.embed(texts);
}

checkEmbeddingProvider("http", () => createHttpProvider({ url: server.url, model: "nomic-embed-text" }), {
  hasOneDimension: true,
});

const texts = ["one", "two", "three"];

it("asks as clients of OpenAI ask, and learns the dimension from the answer", async () => {
  const model = await open({ apiKey: "secret-key" }).model();
  expect(model).toMatchObject({ name: "nomic-embed-text", dimension: servedDimension });
  await model.embed(texts);
  expect(server.asked.map(({ path }) => path)).toEqual(["/v1/embeddings", "/v1/embeddings"]);
  expect(server.asked[1]?.headers.authorization).toBe("Bearer secret-key");
  expect(server.asked[1]?.body).toEqual({
    model: "nomic-embed-text",
    input: texts,
    encoding_format: "base64",
  });
});

it.each(["/", "/embeddings", "/embeddings/"])("takes an address that ends with %s", async (end) => {
  await open({ url: `${server.url}${end}` }).model();
  expect(server.asked[0]?.path).toBe("/v1/embeddings");
});

it("asks for the dimension once, however many want it, and again after a failure", async () => {
  const provider = open();
  const models = await Promise.all([
    provider.model(),
    provider.model(),
    provider.model(undefined, servedDimension),
  ]);
  expect(new Set(models.map(({ fingerprint }) => fingerprint)).size).toBe(1);
  expect(server.asked).toHaveLength(1);
  const gone = await EmbeddingsServer.start();
  const { url } = gone;
  gone.stop();
  const away = open({ url });
  expect(away.state).toEqual({ status: "loading" });
  for (let attempt = 0; attempt < 2; attempt++) {
    await expect(away.model()).rejects.toMatchObject({
      code: "unavailable",
      message: "the embedding server cannot be reached",
      retryAfterMs: 1_000,
    });
  }
  expect(away.state).toEqual({ status: "degraded", reason: "the embedding server cannot be reached" });
});

it("refuses another dimension than the model's", async () => {
  await expect(open().model(undefined, 384)).rejects.toMatchObject({
    code: "invalid_argument",
    violations: [{ path: "dimension", detail: "must be 24, that of the model nomic-embed-text, not 384" }],
  });
});

it("sends no more texts at once than it may, and no more characters than servers take", async () => {
  const model = await open({ batchSize: 3 }).model();
  server.asked.length = 0;
  await model.embed(["a", "b", "c", "d".repeat(200_000), "e".repeat(200_000)]);
  expect(server.asked.map(({ body }) => body.input.length)).toEqual([3, 1, 1]);
});

it("takes numbers where base64 was asked for, and asks for them where base64 is refused", async () => {
  const asBase64 = await embedding(texts, answerWell);
  const asNumbers = await embedding(texts, async (response, asked) =>
    answerWith(response, await itemsFor({ ...asked, body: { ...asked.body, encoding_format: "float" } }), 3),
  );
  expect(asNumbers).toEqual(asBase64);
});

it("puts items in the order of their texts", async () => {
  const plain = await embedding(texts, answerWell);
  const reordered = await embedding(texts, async (response, asked) =>
    answerWith(response, (await itemsFor(asked)).reverse(), 3),
  );
  expect(reordered).toEqual(plain);
});

const row = (dimension: number, first: unknown = 1) => [first, ...new Array(dimension - 1).fill(0)];
const rows = (...embeddings: readonly unknown[]) =>
  embeddings.map((one, index) => ({ index, embedding: one }));

it.each([
  ["too few", rows(row(24), row(24)), /2 embeddings for 3 texts/],
  ["one twice", [0, 1, 1].map((index) => ({ index, embedding: row(24) })), /text 1 has two embeddings/],
  ["an index of no text", [0, 1, 3].map((index) => ({ index, embedding: row(24) })), /item 2 has no index/],
  ["another dimension", rows(row(24), row(25), row(24)), /embedding 1 has 25 dimensions and not 24/],
  ["null for a number", rows(row(24), row(24), row(24, null)), /component 0 of embedding 2 is no finite/],
  [
    "NaN in base64",
    rows(row(24), row(24), base64Of([Number.NaN])),
    /component 0 of embedding 2 is no finite/,
  ],
  ["nothing but zeros", rows(row(24), row(24, 0), row(24)), /embedding 1 has no direction/],
  ["half a float", rows(row(24), row(24), "AAAA"), /item 2 holds no float32/],
  ["no embedding", [{}, {}, {}], /item 0 has no embedding/],
  ["no data", { texts }, /it has no data/],
])("takes %s for no answer", async (_, data, message) => {
  await expect(embedding(texts, (response) => answerWith(response, data, 3))).rejects.toMatchObject({
    code: "unavailable",
    message: expect.stringMatching(message),
  });
});

function base64Of(head: readonly number[]): string {
  const components = new Float32Array(24).fill(1);
  components.set(head);
  return Buffer.from(components.buffer).toString("base64");
}

it.each([
  ["no JSON", "<html>"],
  ["nothing", ""],
])("takes %s for no answer, too", async (_, body) => {
  await expect(embedding(texts, (response) => void response.end(body))).rejects.toThrow(/it is not JSON/);
});

it.each([
  [
    401,
    {},
    { message: "the embedding server refuses the key that it is shown (HTTP 401)", retryAfterMs: undefined },
  ],
  [404, {}, { message: 'the embedding server does not have the model "nomic-embed-text" (HTTP 404)' }],
  [405, {}, { message: "the embedding server answered with HTTP 405", retryAfterMs: undefined }],
  [429, { "retry-after": "7" }, { retryAfterMs: 7_000 }],
  [503, { "retry-after": "soon" }, { retryAfterMs: 1_000 }],
])("is told of HTTP %i", async (status, headers, expected) => {
  const embedded = embedding(texts, (response) => void response.writeHead(status, headers).end("no"));
  await expect(embedded).rejects.toMatchObject({ code: "unavailable", ...expected });
});

it.each([
  ["TEI", 413, { error: "`inputs` must have less than 512 tokens. Given: 700", error_type: "Validation" }],
  ["vLLM", 400, { error: { message: "`inputs` must have less than 512 tokens. Given: 700", code: 400 } }],
])("names the texts that are refused, as %s refuses them", async (_, status, body) => {
  const long = (text: string) => text.startsWith("long");
  const embedded = embedding(["a", "long 1", "b", "c", "long 2"], (response, asked) => {
    if (!asked.body.input.some(long)) return answerWell(response, asked);
    response.writeHead(status).end(JSON.stringify(body));
  });
  const detail = `is refused by the embedding server: HTTP ${status}: \`inputs\` must have less than 512 tokens. Given: 700`;
  await expect(embedded).rejects.toMatchObject({
    code: "invalid_argument",
    violations: [
      { path: "texts[1]", detail },
      { path: "texts[4]", detail },
    ],
  });
});

it("repeats no key that a server repeats", async () => {
  const embedded = embedding(
    ["a"],
    (response) => void response.writeHead(400).end('{"error": "who is sk-secret?"}'),
    { apiKey: "sk-secret" },
  );
  await expect(embedded).rejects.toThrow("HTTP 400: who is [key]?");
});

it("follows nobody elsewhere, with the key in hand", async () => {
  const embedded = embedding(
    texts,
    (response) => void response.writeHead(307, { location: "/elsewhere" }).end(),
    { apiKey: "secret" },
  );
  await expect(embedded).rejects.toMatchObject({ code: "unavailable" });
  expect(server.asked.map(({ path }) => path)).not.toContain("/elsewhere");
});

it("reads no answer without end", async () => {
  const embedded = embedding(texts, (response) => {
    const more = () => {
      while (response.write("x".repeat(65_536)));
      response.once("drain", more);
    };
    more();
  });
  await expect(embedded).rejects.toThrow("the embedding server's answer is too large");
});

describe("a server that does not answer", () => {
  it("is waited for as long as its limit says", async () => {
    await expect(embedding(texts, () => {}, { timeoutMs: 50 })).rejects.toMatchObject({
      code: "unavailable",
      message: "the embedding server has not answered within 50 ms",
    });
  });

  it("is waited for as long as the caller does, which is no fault of its", async () => {
    const provider = open();
    const model = await provider.model();
    server.answering = () => {};
    using deadline = deadlineAfter(systemClock, 20);
    await expect(model.embed(texts, { signal: deadline.signal })).rejects.toMatchObject({
      code: "deadline_exceeded",
    });
    expect(provider.state).toEqual({ status: "ready" });
  });

  it("is left when the provider is closed", async () => {
    const provider = open();
    const model = await provider.model();
    const asked = Promise.withResolvers<void>();
    server.answering = () => asked.resolve();
    const embedded = expect(model.embed(texts)).rejects.toThrow("the database is closing");
    await asked.promise;
    await provider.close();
    await embedded;
  });
});

import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { deadlineAfter, noDeadline, systemClock } from "@akidb/base";
import { afterEach, expect, it } from "vitest";
import { HttpRerankProvider } from "./httpRerankProvider.ts";

let server: Server | undefined;

afterEach(async () => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

async function serve(answer: (request: IncomingMessage, response: ServerResponse, body: string) => void) {
  server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    answer(request, response, body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v2/rerank`;
}

const results = (...pairs: readonly (readonly [unknown, unknown])[]) =>
  JSON.stringify({ results: pairs.map(([index, relevance_score]) => ({ index, relevance_score })) });

const texts = ["one", "two", "three"];

it("asks as Cohere and Jina are asked, and gives scores in the order of the texts", async () => {
  let asked: { headers: IncomingMessage["headers"]; body: unknown } | undefined;
  const url = await serve((request, response, body) => {
    asked = { headers: request.headers, body: JSON.parse(body) };
    response.end(results([2, 0.9], [0, 0.5], [1, -1]));
  });
  const provider = new HttpRerankProvider({ url, model: "m", apiKey: "secret" });
  expect(provider.name).toBe("default");
  expect([...(await provider.rerank("q", texts, { deadline: noDeadline() }))]).toEqual([0.5, -1, 0.9]);
  expect(asked?.headers.authorization).toBe("Bearer secret");
  expect(asked?.body).toEqual({ model: "m", query: "q", documents: texts, top_n: 3 });
  expect(await provider.rerank("q", [], { deadline: noDeadline() })).toHaveLength(0);
});

it.each([
  ["nothing", "", /not JSON/],
  ["no object", "[]", /no results/],
  ["no results", '{"results": 7}', /no results/],
  ["too few", results([0, 1], [1, 1]), /a text has no score/],
  ["one twice", results([0, 1], [0, 1], [1, 1]), /text 0 has two scores/],
  ["one too many", results([0, 1], [3, 1], [1, 1]), /result 3 is of a text that was not sent/],
  ["no number", results([0, 1], [1, "1"], [2, 1]), /no index or score/],
  ["no index", results([0, 1], [1.5, 1], [2, 1]), /no index or score/],
])("takes %s for no answer", async (_, answer, message) => {
  const url = await serve((_request, response) => response.end(answer));
  const reranking = new HttpRerankProvider({ url }).rerank("q", texts, { deadline: noDeadline() });
  await expect(reranking).rejects.toMatchObject({
    code: "unavailable",
    message: expect.stringMatching(message),
  });
});

it.each([
  [401, {}, { message: "the rerank provider refuses the server's key (HTTP 401)", retryAfterMs: undefined }],
  [400, {}, { message: "the rerank provider answered with HTTP 400", retryAfterMs: undefined }],
  [429, { "retry-after": "7" }, { retryAfterMs: 7_000 }],
  [503, { "retry-after": "soon" }, { retryAfterMs: 1_000 }],
])("is told of HTTP %i", async (status, headers, expected) => {
  const url = await serve((_request, response) => response.writeHead(status, headers).end("no"));
  const reranking = new HttpRerankProvider({ url }).rerank("q", texts, { deadline: noDeadline() });
  await expect(reranking).rejects.toMatchObject({ code: "unavailable", ...expected });
});

it("follows nobody elsewhere, with the key in hand", async () => {
  const paths: (string | undefined)[] = [];
  const url = await serve((request, response) => {
    paths.push(request.url);
    response.writeHead(307, { location: "/elsewhere" }).end();
  });
  const reranking = new HttpRerankProvider({ url, apiKey: "secret" }).rerank("q", texts, {
    deadline: noDeadline(),
  });
  await expect(reranking).rejects.toMatchObject({ code: "unavailable" });
  expect(paths).toEqual(["/v2/rerank"]);
});

it("reads no answer without end", async () => {
  const url = await serve((_request, response) => {
    const more = () => {
      while (response.write("x".repeat(65_536)));
      response.once("drain", more);
    };
    more();
  });
  const reranking = new HttpRerankProvider({ url }).rerank("q", texts, { deadline: noDeadline() });
  await expect(reranking).rejects.toThrow("the rerank provider's answer is too large");
});

it("waits as long as it is told, by its own limit or by the request's", async () => {
  const url = await serve(() => {});
  const provider = new HttpRerankProvider({ url, timeoutMs: 20 });
  await expect(provider.rerank("q", texts, { deadline: noDeadline() })).rejects.toMatchObject({
    code: "unavailable",
    message: "the rerank provider has not answered within 20 ms",
  });
  using deadline = deadlineAfter(systemClock, 20);
  const patient = new HttpRerankProvider({ url });
  await expect(patient.rerank("q", texts, { deadline })).rejects.toMatchObject({ code: "deadline_exceeded" });
});

it("does not tell callers where it is", async () => {
  const provider = new HttpRerankProvider({ url: "http://127.0.0.1:1/private" });
  await expect(provider.rerank("q", texts, { deadline: noDeadline() })).rejects.toMatchObject({
    code: "unavailable",
    message: "the rerank provider cannot be reached",
  });
});

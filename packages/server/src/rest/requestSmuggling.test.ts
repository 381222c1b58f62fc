import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestServer, type TestServer } from "../adapters/testServer.test.support.ts";

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

/** All that comes back until the server closes the connection. */
async function exchange(text: string): Promise<string> {
  const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
  await once(socket, "connect");
  socket.write(text);
  let answer = "";
  for await (const chunk of socket) answer += chunk;
  return answer;
}

const host = "Host: localhost\r\n";
const hidden = `DELETE /api/v1/collections/a HTTP/1.1\r\n${host}\r\n`;
const post = (headers: string, body: string, lineEnd = "\r\n") =>
  `POST /api/v1/collections HTTP/1.1${lineEnd}${host}content-type: application/json\r\n${headers}\r\n${body}`;
const chunked = "transfer-encoding: chunked\r\n";

/**
 * What a proxy in front may read as one request and the server as two (RFC 9112, 11.2): refused with one answer, and the
 * connection is closed, so that what follows is never read as a request.
 */
test.each([
  ["a length and chunks", post(`content-length: 4\r\n${chunked}`, `0\r\n\r\n${hidden}`)],
  ["chunks and a length", post(`${chunked}content-length: 4\r\n`, `0\r\n\r\n${hidden}`)],
  ["two lengths that differ", post("content-length: 2\r\ncontent-length: 200\r\n", `{}${hidden}`)],
  ["two lengths in one", post("content-length: 2, 2\r\n", `{}${hidden}`)],
  ["a length with a sign", post("content-length: +2\r\n", `{}${hidden}`)],
  ["a length below zero", post("content-length: -2\r\n", `{}${hidden}`)],
  ["a length in hexadecimal", post("content-length: 0x2\r\n", `{}${hidden}`)],
  [
    "chunks that are not the last coding",
    post("transfer-encoding: chunked, identity\r\n", `0\r\n\r\n${hidden}`),
  ],
  ["a coding that only looks like chunks", post("transfer-encoding: xchunked\r\n", `0\r\n\r\n${hidden}`)],
  ["two codings that differ", post(`${chunked}transfer-encoding: identity\r\n`, `0\r\n\r\n${hidden}`)],
  ["a blank before the colon", post("transfer-encoding : chunked\r\n", `0\r\n\r\n${hidden}`)],
  ["a header that is folded", post("x: y\r\n transfer-encoding: chunked\r\n", `0\r\n\r\n${hidden}`)],
  ["a folded length", post("content-length:\r\n 2\r\n", `{}${hidden}`)],
  ["a bare line feed in the headers", post(`x: y\n${chunked}`, `0\r\n\r\n${hidden}`)],
  ["a bare line feed behind the request line", post("content-length: 2\r\n", `{}${hidden}`, "\n")],
  ["a bare carriage return", post("x: y\rcontent-length: 2\r\n", `{}${hidden}`)],
  ["a zero byte in a header", post("x: \0\r\ncontent-length: 2\r\n", `{}${hidden}`)],
  ["a chunk's size with a sign", post(chunked, `+2\r\n{}\r\n0\r\n\r\n${hidden}`)],
  ["a chunk's size beyond 64 bits", post(chunked, `10000000000000002\r\n{}\r\n0\r\n\r\n${hidden}`)],
  ["a chunk that ends in a bare line feed", post(chunked, `2\n{}\n0\n\n${hidden}`)],
  ["a chunk that is longer than it says", post(chunked, `2\r\n{}{}\r\n0\r\n\r\n${hidden}`)],
  ["a name with a blank", `GET /health HTTP/1.1\r\nHo st: localhost\r\n${host}\r\n${hidden}`],
  ["another protocol", `GET /health HTTP/3.7\r\n${host}\r\n${hidden}`],
])("is refused: %s", async (_, text) => {
  await server.call("POST", "/api/v1/collections", { name: "a", dimension: 16 });
  const answers = (await exchange(text)).match(/^HTTP\/1\.1 \d+/gm);
  expect(answers).toEqual(["HTTP/1.1 400"]);
  expect((await server.call("GET", "/api/v1/collections/a")).status).toBe(200);
});

test("a request that names two hosts is refused, whichever of them comes first", async () => {
  for (const hosts of [`${host}Host: example.com\r\n`, `host: localhost\r\n${host}`]) {
    const answer = await exchange(`GET /health HTTP/1.1\r\n${hosts}connection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 400 .*"path":"host"/s);
  }
});

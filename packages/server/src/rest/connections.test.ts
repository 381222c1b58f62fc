import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestServer, type TestServer } from "../adapters/testServer.test.support.ts";

let server: TestServer;
let host: string;

beforeAll(async () => {
  server = await startTestServer({ flags: { "--server-timeout-seconds": "1" } });
  ({ host } = new URL(server.url));
});
afterAll(() => server.close());

interface RawAnswer {
  readonly status: number;
  readonly head: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever came
  readonly body: any;
}

/** Sends these characters and reads until the server closes, or has sent one whole answer. */
async function exchange(text: string): Promise<RawAnswer> {
  const socket = await open();
  socket.write(text);
  return readAnswer(socket);
}

async function open(): Promise<Socket> {
  const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
  await once(socket, "connect");
  return socket;
}

async function readAnswer(socket: Socket): Promise<RawAnswer> {
  let text = "";
  for await (const chunk of socket) {
    text += chunk;
    const [head = "", body] = text.split("\r\n\r\n");
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? Number.NaN);
    if (body === undefined || !(Buffer.byteLength(body) >= length)) continue;
    socket.destroy();
    return { status: Number(head.split(" ")[1]), head, body: JSON.parse(body) };
  }
  throw new Error(`the server closed the connection after ${JSON.stringify(text)}`);
}

const create = (headers: string): string =>
  `POST /api/v1/collections HTTP/1.1\r\n${headers}content-type: application/json\r\ncontent-length: 2\r\n\r\n{}`;

describe("web pages are kept out", () => {
  test.each([
    "Host: example.com\r\n",
    "Host: example.com:8080\r\n",
    "Host: 127.0.0.1.example.com\r\n",
    "Host:\r\n",
  ])("by the name that they call the server: %j", async (header) => {
    for (const path of ["/health", "/api/v1/collections", "/none"]) {
      const answer = await exchange(`GET ${path} HTTP/1.1\r\n${header}\r\n`);
      expect(answer).toMatchObject({ status: 403, body: { code: "permission_denied" } });
    }
  });

  test("by calling it by no name at all", async () => {
    const answer = await exchange("GET /health HTTP/1.1\r\n\r\n");
    expect(answer).toMatchObject({ status: 403, body: { code: "permission_denied" } });
  });

  test("by an absolute target, whose name does not count", async () => {
    const answer = await exchange("GET http://localhost/health HTTP/1.1\r\nHost: example.com\r\n\r\n");
    expect(answer.status).toBe(403);
  });

  test("by their origin when they write", async () => {
    const write = (headers: string) => exchange(create(`Host: ${host}\r\n${headers}`));
    for (const headers of [
      "Origin: http://example.com\r\n",
      "Origin: null\r\n",
      "Sec-Fetch-Site: cross-site\r\n",
    ]) {
      expect(await write(headers)).toMatchObject({ status: 403, body: { code: "permission_denied" } });
    }
    for (const headers of ["", `Origin: http://${host}\r\n`, "Sec-Fetch-Site: same-origin\r\n"]) {
      expect((await write(headers)).status).toBe(400);
    }
  });
});

describe("what is not HTTP", () => {
  test.each([
    ["nonsense", "nonsense\r\n\r\n", 400],
    [
      "two lengths",
      `POST / HTTP/1.1\r\nHost: localhost\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n`,
      400,
    ],
    ["headers too large", `GET / HTTP/1.1\r\nHost: localhost\r\nx: ${"x".repeat(20_000)}\r\n\r\n`, 431],
  ])("is answered with a problem: %s", async (_, text, status) => {
    const { head, body, ...answer } = await exchange(text);
    expect(answer.status).toBe(status);
    expect(head).toMatch(/content-type: application\/problem\+json/i);
    expect(body).toMatchObject({ status, type: expect.stringMatching(/^urn:akidb:error:/) });
    expect(head).toMatch(new RegExp(`x-request-id: ${body.request_id}`, "i"));
  });
});

describe("a slow caller", () => {
  test("is told when its body does not arrive in time", async () => {
    const answer = await exchange(
      `POST /api/v1/collections HTTP/1.1\r\nHost: ${host}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{`,
    );
    expect(answer).toMatchObject({ status: 408, body: { code: "deadline_exceeded" } });
  });

  test("may stream for longer than any request may take", async () => {
    await server.call("POST", "/api/v1/collections", { name: "slow", dimension: 16 });
    const socket = await open();
    socket.write(
      `POST /api/v1/collections/slow/documents HTTP/1.1\r\nHost: ${host}\r\n` +
        "content-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n",
    );
    const line = `${JSON.stringify({ vector: Array(16).fill(1) })}\n`;
    for (let i = 0; i < 4; i++) {
      socket.write(`${line.length.toString(16)}\r\n${line}\r\n`);
      await sleep(400);
    }
    socket.write("0\r\n\r\n");
    expect(await readAnswer(socket)).toMatchObject({ status: 200, body: { upserted: 4 } });
  });

  test("that goes away leaves the server serving", async () => {
    for (let i = 0; i < 20; i++) {
      const socket = await open();
      socket.write(create(`Host: ${host}\r\n`).slice(0, 40 + 5 * i));
      socket.destroy();
    }
    expect((await server.call("GET", "/health")).status).toBe(200);
  });
});

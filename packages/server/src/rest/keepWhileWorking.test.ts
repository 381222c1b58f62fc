import { once } from "node:events";
import { type AddressInfo, connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { type FastifyInstance, fastify } from "fastify";
import { afterAll, beforeAll, expect, test } from "vitest";
import { keepWhileWorking } from "./keepWhileWorking.ts";

const silenceMs = 40;
const post = "POST / HTTP/1.1\r\nHost: localhost\r\ncontent-type: application/json\r\n";

let app: FastifyInstance;

beforeAll(async () => {
  app = fastify({ connectionTimeout: silenceMs });
  keepWhileWorking(app);
  app.post("/", async () => await sleep(5 * silenceMs, { answer: "late" }));
  app.get("/endless", (_request, reply) => {
    reply.hijack();
    reply.raw.write("begun");
  });
  await app.listen({ port: 0, host: "127.0.0.1" });
});
afterAll(() => app.close());

async function send(text: string): Promise<Socket> {
  const socket = connect((app.server.address() as AddressInfo).port, "127.0.0.1");
  await once(socket, "connect");
  socket.write(text);
  return socket;
}

/** What comes until the server closes the connection. */
async function everything(socket: Socket): Promise<string> {
  let text = "";
  for await (const chunk of socket) text += chunk;
  return text;
}

test("an answer that takes longer than silence may is not lost", async () => {
  const socket = await send(`${post}content-length: 2\r\nconnection: close\r\n\r\n{}`);
  expect(await everything(socket)).toMatch(/^HTTP\/1\.1 200 OK.*late/s);
});

test.each([
  ["of a caller that does not send its body", `${post}content-length: 2\r\n\r\n{`, /^$/],
  ["behind an answer that has begun", "GET /endless HTTP/1.1\r\nHost: localhost\r\n\r\n", /begun/],
  ["before a request", "POST / HTTP/1.1\r\n", /^$/],
])("silence ends a connection %s", async (_, text, answer) => {
  expect(await everything(await send(text))).toMatch(answer);
});

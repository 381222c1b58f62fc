import { expect, test, vi } from "vitest";
import { startTestServer } from "../adapters/testServer.test.support.ts";

// Fastify's own then, which compile everything before the server listens.
vi.mock("./compileOnUse.ts", () => ({ compileOnUse: {} }));

test("no schema waits for its first request to be one that cannot be compiled", async () => {
  const server = await startTestServer();
  expect((await server.call("GET", "/health")).status).toBe(200);
  await server.close();
});

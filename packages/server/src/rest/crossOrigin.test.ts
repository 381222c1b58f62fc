import { afterEach, describe, expect, test } from "vitest";
import { startTestServer, type TestServer } from "../adapters/testServer.test.support.ts";
import { loadConfig } from "../config/index.ts";

const page = "https://app.example.com";
const preflight = { "access-control-request-method": "PATCH", "access-control-request-headers": "x-api-key" };
let server: TestServer | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function serverFor(flags: Record<string, string>): Promise<TestServer> {
  server = await startTestServer({ flags });
  return server;
}

test("no page of another origin is let in without being asked", async () => {
  const { call } = await serverFor({});
  const asked = await call("OPTIONS", "/api/v1/collections", undefined, { origin: page, ...preflight });
  expect(asked.status).toBe(405);
  for (const { headers } of [asked, await call("GET", "/health", undefined, { origin: page })]) {
    expect(headers.get("access-control-allow-origin")).toBeNull();
  }
});

describe("pages of the origins that are named", () => {
  const flags = { "--server-cors-origins": `${page}, http://localhost:3000` };

  test("read and write, and see what clients need", async () => {
    const { call } = await serverFor(flags);
    const headers = { origin: page, "sec-fetch-site": "cross-site" };
    const made = await call("POST", "/api/v1/collections", { name: "a", dimension: 16 }, headers);
    expect(made.status).toBe(201);
    expect(made.headers.get("access-control-allow-origin")).toBe(page);
    expect(made.headers.get("access-control-expose-headers")).toContain("etag");
    expect(made.headers.get("access-control-allow-credentials")).toBeNull();
    expect(made.headers.get("vary")).toMatch(/\borigin\b/);
    const refused = await call("GET", "/api/v1/collections/none", undefined, headers);
    expect(refused.headers.get("access-control-allow-origin")).toBe(page);
  });

  test("ask first, on any path, and need no credentials for that", async () => {
    const { call } = await serverFor({ ...flags, "--auth-mode": "required" });
    for (const path of ["/api/v1/collections", "/api/v1/collections/a/documents/b", "/none"]) {
      const { status, headers } = await call("OPTIONS", path, undefined, { origin: page, ...preflight });
      expect(status).toBe(204);
      expect(headers.get("access-control-allow-origin")).toBe(page);
      expect(headers.get("access-control-allow-methods")).toContain("PATCH");
      expect(headers.get("access-control-allow-headers")).toContain("x-api-key");
    }
  });

  test("are no others, nor those behind another name", async () => {
    const { call } = await serverFor(flags);
    for (const origin of ["https://app.example.com.evil.example", "http://app.example.com", "null"]) {
      const written = await call("POST", "/api/v1/collections", { name: "b" }, { origin });
      expect(written.status).toBe(403);
      expect(written.headers.get("access-control-allow-origin")).toBeNull();
    }
  });
});

test("all pages may be named where requests need credentials", async () => {
  const { call } = await serverFor({ "--server-cors-origins": "*", "--auth-mode": "required" });
  const read = await call("GET", "/health", undefined, { origin: page });
  expect(read.headers.get("access-control-allow-origin")).toBe("*");
  const written = await call("POST", "/api/v1/collections", { name: "a" }, { origin: page });
  expect(written.status).toBe(401);
});

test.each([
  ["*", "would let every web page read and write"],
  ["app.example.com", '"app.example.com" is no origin'],
  ["https://app.example.com/", "is no origin"],
  ["https://app.example.com:443", "is no origin"],
  ["null", "is no origin"],
])("the configuration may not say %s", (origins, message) => {
  const load = () =>
    loadConfig({
      flags: { "--server-cors-origins": origins },
      environment: {},
      readFile: () => "",
      isTerminal: false,
    });
  expect(load).toThrow(message);
});

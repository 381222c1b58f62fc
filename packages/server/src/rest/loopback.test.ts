import { describe, expect, test } from "vitest";
import { requireLocalCaller } from "./loopback.ts";

const nobody = new Set<string>();
const denied = expect.objectContaining({ code: "permission_denied" });

describe("the Host header", () => {
  test.each(["localhost", "LocalHost:8080", "127.0.0.1:8080", "127.9.9.9", "[::1]:8080", "[::1]"])(
    "may be %s",
    (host) => {
      expect(() =>
        requireLocalCaller({ method: "GET", headers: { host }, protocol: "http" }, nobody),
      ).not.toThrow();
    },
  );

  test.each([
    "example.com",
    "localhost.example.com",
    "example.com:8080",
    "127.0.0.1.example.com",
    "evil.localhost:8080",
    "127.0.0.1:8080:8080",
    "localhost@example.com",
    "[::2]",
    "",
    undefined,
  ])("may not be %s", (host) => {
    expect(() =>
      requireLocalCaller(
        {
          method: "GET",
          headers: { ...(host !== undefined && { host }) },
          protocol: "http",
        },
        nobody,
      ),
    ).toThrow(denied);
  });
});

describe("a web page of another origin", () => {
  const host = "localhost:8080";

  test.each([
    { origin: "http://example.com" },
    { origin: "http://localhost:3000" },
    { origin: "https://localhost:8080" },
    { origin: "null" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    { origin: "http://localhost:8080", "sec-fetch-site": "cross-site" },
  ])("may not write: %o", (headers) => {
    for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
      expect(() =>
        requireLocalCaller({ method, headers: { host, ...headers }, protocol: "http" }, nobody),
      ).toThrow(denied);
    }
  });

  test("may read, as far as its browser lets it see the answer", () => {
    expect(() =>
      requireLocalCaller(
        {
          method: "GET",
          headers: { host, origin: "http://example.com" },
          protocol: "http",
        },
        nobody,
      ),
    ).not.toThrow();
  });

  test("is one of plain HTTP to a server of HTTPS", () => {
    const ask = (origin: string) =>
      requireLocalCaller({ method: "POST", headers: { host, origin }, protocol: "https" }, nobody);
    expect(() => ask("http://localhost:8080")).toThrow(denied);
    expect(() => ask("https://localhost:8080")).not.toThrow();
  });

  test("is not what a page of this origin or a program is", () => {
    for (const headers of [{}, { origin: "http://LOCALHOST:8080", "sec-fetch-site": "same-origin" }]) {
      expect(() =>
        requireLocalCaller({ method: "POST", headers: { host, ...headers }, protocol: "http" }, nobody),
      ).not.toThrow();
    }
  });
});

import { expect, test } from "vitest";
import { isLoopbackHost, requiresCredentials } from "./authMode.ts";

test.each([
  ["auto", [], false],
  ["auto", ["127.0.0.1"], false],
  ["auto", ["localhost", "::1", "127.8.9.1", "[::1]", "::ffff:127.0.0.1"], false],
  ["auto", ["127.0.0.1", "0.0.0.0"], true],
  ["auto", ["::"], true],
  ["auto", ["127.0.0.1.example.org"], true],
  ["auto", ["akidb.local"], true],
  ["auto", [""], true],
  ["required", ["127.0.0.1"], true],
  ["off", ["0.0.0.0"], false],
] as const)("the mode %s on %j: credentials are required: %s", (mode, hosts, required) => {
  expect(requiresCredentials(mode, hosts)).toBe(required);
});

test("only loopback is loopback", () => {
  expect(["localhost.", "1270.0.1", "::2", "2130706433"].filter(isLoopbackHost)).toEqual([]);
});

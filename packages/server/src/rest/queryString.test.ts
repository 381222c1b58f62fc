import { expect, test } from "vitest";
import { parseQueryString } from "./queryString.ts";

test.each([
  ["", {}],
  ["cursor=a%20b", { cursor: "a b" }],
  ["limit=10", { limit: 10 }],
  ["limit=1e3", { limit: "1e3" }],
  ["limit=", { limit: "" }],
  ["limit=1&limit=2", { limit: [1, 2] }],
  ["include=metadata,vector", { include: ["metadata", "vector"] }],
  ["include=metadata&include=vector", { include: ["metadata", "vector"] }],
  ["toString=1", { toString: "1" }],
])("%j", (text, query) => {
  expect(parseQueryString(text)).toEqual(query);
});

test("a parameter called __proto__ is one like any other", () => {
  const query = parseQueryString("__proto__=a");
  expect(Object.keys(query)).toEqual(["__proto__"]);
  expect(Object.getPrototypeOf(query)).toBe(Object.prototype);
});

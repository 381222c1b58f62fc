import { expect, it } from "vitest";
import { encodeMessage } from "./encodeMessage.ts";
import { Struct } from "./struct.ts";

it("writes each message alone, also behind one that could not be written, and one that is large", () => {
  const first = encodeMessage(Struct, { a: "first" });
  expect(() => encodeMessage(Struct, { a: "written", b: 1n })).toThrow(TypeError);
  const large = encodeMessage(Struct, { a: "x".repeat(100_000) });
  const last = encodeMessage(Struct, { a: "last", list: [1, { b: true }] });
  expect(Struct.decode(first)).toEqual({ a: "first" });
  expect(Struct.decode(large)).toEqual({ a: "x".repeat(100_000) });
  expect(last).toEqual(Struct.encode({ a: "last", list: [1, { b: true }] }).finish());
});

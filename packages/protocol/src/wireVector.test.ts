import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { vectorFromWire, vectorToWire } from "./wireVector.ts";

describe("a vector on the wire", () => {
  test("comes back bit by bit", () => {
    fc.assert(
      fc.property(fc.float32Array({ maxLength: 64 }), (vector) => {
        const read = vectorFromWire(vectorToWire(vector), "vector");
        expect(read).toEqual(vector);
        // Whoever hands its memory on hands on nothing else.
        expect(read.buffer.byteLength).toBe(read.byteLength);
      }),
    );
  });

  test("is little-endian in base64", () => {
    expect(vectorToWire(Float32Array.of(1, -2))).toEqual({ base64: "AACAPwAAAMA=" });
  });

  test("may be an array of numbers, rounded to 32 bits", () => {
    expect(vectorFromWire([0.1, 2], "vector")).toEqual(Float32Array.of(0.1, 2));
    expect(vectorToWire([0.1, 2])).toEqual([0.1, 2]);
  });

  test.each([
    ["a length that is not a multiple of four bytes", "AACAPwA=", "must hold 4 bytes for each component"],
    ["another alphabet", "AACAPw-_", "must be padded base64"],
    ["missing padding", "AACAPw", "must be padded base64"],
  ])("is refused with its path for %s", (_, base64, detail) => {
    expect(() => vectorFromWire({ base64 }, "documents[3].vector")).toThrow(
      expect.objectContaining({
        code: "invalid_argument",
        violations: [{ path: "documents[3].vector.base64", detail: expect.stringContaining(detail) }],
      }),
    );
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type StreamLine, splitLines } from "./splitLines.ts";

async function* chunksOf(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function linesOf(text: string, sizes: readonly number[], lineBytesMax: number): Promise<StreamLine[]> {
  const lines: StreamLine[] = [];
  for await (const line of splitLines(chunksOf(Buffer.from(text), sizes), lineBytesMax)) lines.push(line);
  return lines;
}

describe("a stream of lines", () => {
  test("is cut the same, wherever its chunks end", async () => {
    const text = fc.string({ unit: fc.constantFrom("a", "é", "𝄞", "\n", "\r", "\r\n") });
    const sizes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(text, sizes, async (text, sizes) => {
        const expected = text.split("\n");
        if (expected.at(-1) === "") expected.pop();
        const lines = await linesOf(text, sizes, 1_000);
        expect(lines.map((line) => line.kind === "line" && Buffer.from(line.bytes).toString())).toEqual(
          expected.map((line) => line.replace(/\r$/, "")),
        );
        expect(lines.map(({ number }) => number)).toEqual(expected.map((_, index) => index + 1));
      }),
    );
  });

  test("loses only the lines that are too long", async () => {
    const text = `${"a".repeat(10)}\n${"b".repeat(11)}\n${"c".repeat(5_000)}\nd`;
    for (const size of [1, 7, 4_096]) {
      const lines = await linesOf(text, [size], 10);
      expect(lines.map(({ kind, number }) => `${number} ${kind}`)).toEqual([
        "1 line",
        "2 too long",
        "3 too long",
        "4 line",
      ]);
    }
  });

  test("may be empty", async () => {
    expect(await linesOf("", [1], 10)).toEqual([]);
  });
});

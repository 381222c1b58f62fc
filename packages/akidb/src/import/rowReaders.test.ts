import { AkiDbError, limits } from "@akidb/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { csvRows } from "./csvRows.ts";
import { jsonLinesRows } from "./jsonLinesRows.ts";
import { jsonRows } from "./jsonRows.ts";
import type { Row, RowReader } from "./row.ts";

/** As a file gives it: chunk by chunk, cut anywhere. */
async function* chunksOf(bytes: Uint8Array, chunkBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.slice(at, at + chunkBytes);
}

async function read(
  reader: RowReader,
  input: string | Uint8Array,
  chunkBytes = 65_536,
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  const bytes = typeof input === "string" ? Buffer.from(input) : input;
  for await (const row of reader(chunksOf(bytes, chunkBytes))) rows.push(row);
  return rows;
}

const good = (line: number, fields: object) => ({ ok: true, line, fields });
const bad = (line: number, error: string, row: unknown = expect.anything()) => ({
  ok: false,
  line,
  error: expect.stringContaining(error),
  row,
});

const readers = { csv: csvRows, json: jsonRows, jsonl: jsonLinesRows } satisfies Record<string, RowReader>;
const bytesOf = (...parts: (string | number[])[]): Uint8Array =>
  Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : Buffer.from(part))));

describe.each(Object.entries(readers))("any bytes as %s", (_name, reader) => {
  const pieces = fc.array(
    fc.oneof(
      fc.constantFrom(
        '"',
        '""',
        ",",
        "\n",
        "\r\n",
        "\r",
        "{",
        "}",
        "[",
        "]",
        ":",
        "\ufeff",
        "a",
        "ü",
        "🙂",
        "1",
      ),
      fc.string({ maxLength: 8 }),
      fc.json({ maxDepth: 2 }),
      fc.uint8Array({ maxLength: 4 }).map((bytes) => [...bytes]),
    ),
    { maxLength: 30 },
  );

  it("give rows, bad rows, or one AkiDbError for the file", async () => {
    await fc.assert(
      fc.asyncProperty(pieces, fc.integer({ min: 1, max: 9 }), async (parts, chunkBytes) => {
        const bytes = bytesOf(...parts);
        const outcome = await read(reader, bytes, chunkBytes).catch((error: unknown) => error);
        if (!Array.isArray(outcome)) {
          expect(outcome).toBeInstanceOf(AkiDbError);
          expect(outcome).toMatchObject({ code: "invalid_argument" });
          return;
        }
        for (const row of outcome as Row[]) {
          expect(Number.isInteger(row.line) && row.line >= 1).toBe(true);
          if (!row.ok) expect(row.error).not.toBe("");
        }
      }),
      { numRuns: 300 },
    );
  });

  it("read the same however they are cut", async () => {
    await fc.assert(
      fc.asyncProperty(pieces, fc.integer({ min: 1, max: 9 }), async (parts, chunkBytes) => {
        const bytes = bytesOf(...parts);
        const outcome = (size: number) => read(reader, bytes, size).catch((error: Error) => error.message);
        expect(await outcome(chunkBytes)).toEqual(await outcome(65_536));
      }),
      { numRuns: 300 },
    );
  });
});

describe("CSV", () => {
  it("has quoted cells with delimiters, quotes and line breaks", async () => {
    const text = 'id,"the ""text""",n\r\n1,"a,\r\nb",2\r\n\r\n2,"say ""hi""",3\n';
    expect(await read(csvRows, text, 1)).toEqual([
      good(2, { id: "1", 'the "text"': "a,\r\nb", n: "2" }),
      good(5, { id: "2", 'the "text"': 'say "hi"', n: "3" }),
    ]);
  });

  it("may begin with a byte order mark and end without a line break", async () => {
    expect(await read(csvRows, "\ufeffid,text\n1,ü🙂", 1)).toEqual([good(2, { id: "1", text: "ü🙂" })]);
  });

  it("may be parted by another character", async () => {
    expect(await read((chunks) => csvRows(chunks, { delimiter: ";" }), "a;b\n1,5;x")).toEqual([
      good(2, { a: "1,5", b: "x" }),
    ]);
  });

  it("takes a quote inside of a cell for text", async () => {
    expect(await read(csvRows, 'a,b\n5" pipe,x\n')).toEqual([good(2, { a: '5" pipe', b: "x" })]);
  });

  it("has bad rows: too few or too many cells, invalid UTF-8", async () => {
    const bytes = bytesOf("a,b\n1\n1,2,3\n", [0xff, 0x2c, 0x31], "\n3,4\n");
    expect(await read(csvRows, bytes)).toEqual([
      bad(2, "has 1 cells, the header has 2 columns", ["1"]),
      bad(3, "has 3 cells, the header has 2 columns", ["1", "2", "3"]),
      bad(4, "a is not valid UTF-8", ["\ufffd", "1"]),
      good(5, { a: "3", b: "4" }),
    ]);
  });

  it("says where a quote was opened that is never closed", async () => {
    expect(await read(csvRows, 'a,b\n1,2\n3,"4\n5,6\n')).toEqual([
      good(2, { a: "1", b: "2" }),
      bad(3, "a quote that is never closed", null),
    ]);
  });

  it("does not hold a row that is too long", async () => {
    const text = `a,b\n1,"${"x".repeat(limits.lineBytesMax + 2)}`;
    expect(await read(csvRows, text)).toEqual([bad(2, `longer than ${limits.lineBytesMax} bytes`, null)]);
  });

  it("numbers columns without a name, and refuses two of the same", async () => {
    expect(await read(csvRows, ",b\n1,2\n")).toEqual([good(2, { column_1: "1", b: "2" })]);
    await expect(read(csvRows, "a,b,a\n1,2,3\n")).rejects.toMatchObject({
      code: "invalid_argument",
      message: 'header: two columns are called "a"; rename one',
    });
  });

  it("keeps columns with the names of object properties", async () => {
    const [row] = await read(csvRows, "__proto__,constructor\n1,2\n");
    expect(row?.ok === true && Object.entries(row.fields)).toEqual([
      ["__proto__", "1"],
      ["constructor", "2"],
    ]);
  });

  it("may be empty", async () => {
    expect(await read(csvRows, "")).toEqual([]);
    expect(await read(csvRows, "a,b\n")).toEqual([]);
  });
});

describe("JSONL", () => {
  it("has an object a line, and bad rows with their number", async () => {
    const bytes = bytesOf('\ufeff{"a":1}\r\n\n  \n{"a":\n[1]\n"text"\n{"a":"', [0xc3], '"}\n{"a":"ü🙂"}');
    expect(await read(jsonLinesRows, bytes, 1)).toEqual([
      good(1, { a: 1 }),
      bad(4, "is not JSON", '{"a":'),
      bad(5, "is not a JSON object", [1]),
      bad(6, "is not a JSON object", "text"),
      bad(7, "is not valid UTF-8", '{"a":"\ufffd"}'),
      good(8, { a: "ü🙂" }),
    ]);
  });

  it("does not hold a line that is too long, and goes on after it", async () => {
    const long = `{"a":"${"x".repeat(limits.lineBytesMax)}"}`;
    expect(await read(jsonLinesRows, `${long}\n{"a":1}\n${long}`)).toEqual([
      bad(1, "is longer than", null),
      good(2, { a: 1 }),
      bad(3, "is longer than", null),
    ]);
  });
});

describe("JSON", () => {
  it.each(['[{"a":1},2]', '{"documents":[{"a":1},2]}', '\ufeff [{"a":1},\n2]'])("%j", async (text) => {
    expect(await read(jsonRows, text, 1)).toEqual([good(1, { a: 1 }), bad(2, "is not a JSON object", 2)]);
  });

  it.each([
    ["", "is not JSON"],
    ['{"a":1}', 'an object with such an array as "documents"'],
    ['{"documents":{}}', "must be an array of documents"],
    ["[1,]", "is not JSON"],
  ])("refuses %j: %s", async (text, message) => {
    await expect(read(jsonRows, text)).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringContaining(message),
    });
  });

  it("refuses a file that is too long to be read as a whole", async () => {
    await expect(read((chunks) => jsonRows(chunks, 10), '[{"a":1234567}]')).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringContaining("JSONL"),
    });
  });
});

import { crc32c } from "@node-rs/crc32";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ByteSource } from "./byteSource.ts";
import {
  columnsOf,
  type Row,
  readRows,
  rowsOf,
  sampleRows,
  sourceOf,
  writeFile,
} from "./documentFile.contract.ts";
import { compressions } from "./format/compression.ts";
import { openDocumentFile } from "./read/openDocumentFile.ts";
import { DocumentFileWriter } from "./write/documentFileWriter.ts";

const dimension = 5;

const anyString = fc.string({ unit: "binary", maxLength: 40 });
const anyRow: fc.Arbitrary<Required<Row>> = fc.record({
  id: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString("hex")),
  externalId: fc.option(anyString),
  vector: fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), {
    minLength: dimension,
    maxLength: dimension,
  }),
  text: fc.option(anyString),
  metadata: fc.option(fc.dictionary(anyString, fc.jsonValue()).map((each) => JSON.stringify(each))),
  insertedAtMs: fc.integer({ min: -8.64e15, max: 8.64e15 }).map((ms) => ms + 0),
  updatedAtMs: fc.integer({ min: -8.64e15, max: 8.64e15 }).map((ms) => ms + 0),
  version: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  expiresAtMs: fc.option(fc.integer({ min: -8.64e15, max: 8.64e15 }).map((ms) => ms + 0)),
});

describe("a file of documents", () => {
  it("gives back what was written, in every compression and size of row group and batch", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyRow, { maxLength: 30 }),
        fc.constantFrom(...compressions),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 40 }),
        async (rows, compression, rowGroupRowsMax, rowsMax) => {
          const file = await writeFile({ dimension, compression, rowGroupRowsMax }, [columnsOf(rows)]);
          expect(file.rowCount).toBe(rows.length);
          expect(await readRows(file.bytes, rowsMax)).toEqual(rows);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("has the same bytes however its rows are batched", async () => {
    const rows = sampleRows(1, 500, dimension);
    const options = { dimension, rowGroupRowsMax: 180, keyValues: { lsn: "41" } };
    const whole = await writeFile(options, [columnsOf(rows)]);
    const parts = [rows.slice(0, 1), rows.slice(1, 360), [], rows.slice(360)];
    const inParts = await writeFile(options, parts.map(columnsOf));
    expect(Buffer.compare(inParts.bytes, whole.bytes)).toBe(0);
    expect(inParts.crc32c).toBe(whole.crc32c);
  });

  it("says how long it is and what its checksum is", async () => {
    const file = await writeFile({ dimension }, [columnsOf(sampleRows(2, 300, dimension))]);
    expect(file).toMatchObject({ rowCount: 300, byteLength: file.bytes.length, crc32c: crc32c(file.bytes) });
  });

  it.each(compressions)(
    "keeps vectors of few different components in a dictionary (%s)",
    async (compression) => {
      const wide = 64;
      const rows = sampleRows(3, 700, wide).map((row) => ({
        ...row,
        text: null,
        metadata: null,
        vector: row.vector.map((value) => Math.round(value * 20)),
      }));
      const file = await writeFile({ dimension: wide, compression }, [columnsOf(rows)]);
      expect(file.byteLength).toBeLessThan(700 * wide * 2);
      expect(await readRows(file.bytes)).toEqual(rows);
    },
  );

  it("tells −0 from 0, and keeps the smallest and largest floats", async () => {
    const vector = [-0, 0, 1e-45, 3.4028234663852886e38, -3.4028234663852886e38].map(Math.fround);
    const [row] = sampleRows(4, 1, dimension);
    const file = await writeFile({ dimension }, [columnsOf([{ ...row!, vector }])]);
    const [read] = await readRows(file.bytes);
    expect(read!.vector.every((value, i) => Object.is(value, vector[i]))).toBe(true);
  });

  it("has pages and row groups by the thousand", async () => {
    const rows = sampleRows(5, 3_000, dimension);
    const file = await writeFile({ dimension, rowGroupRowsMax: 2 }, [columnsOf(rows)]);
    expect(await readRows(file.bytes)).toEqual(rows);
  });

  it("ends a row group, and a batch, before texts fill the memory", async () => {
    const text = "x".repeat(100_000);
    const rows = sampleRows(6, 600, dimension).map((row) => ({ ...row, text, metadata: `{"t":"${text}"}` }));
    const file = await writeFile({ dimension, rowGroupBytesMax: 10_000_000 }, [columnsOf(rows)]);
    const opened = await openDocumentFile({ source: sourceOf(file.bytes), name: "texts.parquet" });
    const sizes: number[] = [];
    const read: Row[] = [];
    for await (const batch of opened.batches({ bytesMax: 1_000_000 })) {
      sizes.push(batch.rowCount);
      read.push(...rowsOf(batch));
    }
    expect(sizes.length).toBeGreaterThan(10);
    expect(read).toEqual(rows);
  });

  it("is read without its vectors, of which no byte is touched then", async () => {
    const long = 2_048;
    const rows = sampleRows(11, 600, long);
    const file = await writeFile({ dimension: long, rowGroupRowsMax: 250 }, [columnsOf(rows)]);
    let bytesRead = 0;
    const source: ByteSource = {
      ...sourceOf(file.bytes),
      read: (offset, length) => {
        bytesRead += length;
        return sourceOf(file.bytes).read(offset, length);
      },
    };
    const opened = await openDocumentFile({ source, name: "most.parquet" });
    bytesRead = 0;
    let count = 0;
    for await (const batch of opened.batches({ rowsMax: 70, withoutVectors: true })) {
      const some = rows.slice(count, count + batch.rowCount);
      expect({ ...batch, vectors: [] }).toEqual({ ...columnsOf(some), vectors: [] });
      expect(batch.vectors.length).toBe(0);
      count += batch.rowCount;
    }
    expect(count).toBe(rows.length);
    expect(bytesRead).toBeLessThan(file.bytes.length / 10);
    // Pages of vectors are compressed while the next are encoded: each is its own.
    expect(await readRows(file.bytes, 100)).toEqual(rows);
  });

  it("carries the caller's keys and its own", async () => {
    const keyValues = { "akidb.lsn": "17", "akidb.metric": "cosine" };
    const file = await writeFile({ dimension, keyValues }, [columnsOf(sampleRows(7, 3, dimension))]);
    const opened = await openDocumentFile({ source: sourceOf(file.bytes), name: "keys.parquet" });
    expect(Object.fromEntries(opened.keyValues)).toEqual({
      ...keyValues,
      "akidb.format_version": "2",
      "akidb.dimension": "5",
    });
  });

  it("may be empty", async () => {
    const file = await writeFile({ dimension }, []);
    const opened = await openDocumentFile({ source: sourceOf(file.bytes), name: "empty.parquet" });
    expect([opened.rowCount, opened.dimension]).toEqual([0, undefined]);
    expect(await readRows(file.bytes)).toEqual([]);
  });

  it("is read more than once, and left halfway", async () => {
    const rows = sampleRows(8, 100, dimension);
    const file = await writeFile({ dimension, rowGroupRowsMax: 30 }, [columnsOf(rows)]);
    const opened = await openDocumentFile({ source: sourceOf(file.bytes), name: "twice.parquet" });
    for await (const batch of opened.batches({ rowsMax: 7 })) {
      expect(rowsOf(batch)).toEqual(rows.slice(0, 7));
      break;
    }
    const read: Row[] = [];
    for await (const batch of opened.batches()) read.push(...rowsOf(batch));
    expect(read).toEqual(rows);
  });
});

describe("a writer of documents", () => {
  const rows = sampleRows(9, 4, dimension);
  const columns = columnsOf(rows);
  const withVector = (at: number, value: number) => {
    const vectors = columns.vectors.slice();
    vectors[at] = value;
    return { ...columns, vectors };
  };

  it.each([
    ["documents[2].vector[3]", withVector(13, Number.NaN)],
    ["documents[0].vector[0]", withVector(0, Number.POSITIVE_INFINITY)],
    ["documents[1].version", { ...columns, versions: Float64Array.of(1, 0, 1, 1) }],
    ["documents[3].inserted_at", { ...columns, insertedAtMs: Float64Array.of(1, 1, 1, 0.5) }],
    ["documents[0].updated_at", { ...columns, updatedAtMs: Float64Array.of(Number.NaN, 1, 1, 1) }],
    ["documents[2].expires_at", { ...columns, expiresAtMs: Float64Array.of(Number.NaN, 1, 1.5, 1) }],
    ["vector", { ...columns, vectors: new Float32Array(7) }],
    ["id", { ...columns, ids: new Uint8Array(63) }],
    ["text", { ...columns, texts: ["a"] }],
  ])("refuses a bad %s, and nothing of the batch is written", async (path, bad) => {
    const parts: Uint8Array[] = [];
    const sink = { append: (bytes: Uint8Array) => void parts.push(bytes.slice()) };
    const writer = new DocumentFileWriter({ sink, dimension });
    await expect(writer.append(bad)).rejects.toMatchObject({
      code: "invalid_argument",
      violations: [{ path }],
    });
    await writer.append(columns);
    await writer.finish();
    expect(await readRows(Buffer.concat(parts))).toEqual(rows);
  });

  it("passes on what its sink throws, wherever that is, appends nothing more, and is of no use afterwards", async () => {
    const long = 1_000;
    const many = columnsOf(sampleRows(12, 800, long));
    const full = new Error("no space left on device");
    for (let room = 0; ; room++) {
      let calls = 0;
      const sink = {
        append: async () => {
          calls += 1;
          if (calls > room) throw full;
        },
      };
      const writer = new DocumentFileWriter({ sink, dimension: long, rowGroupRowsMax: 800 });
      const failure = await writer.append(many).catch((error: unknown) => error);
      if (failure === undefined) break;
      expect(failure).toBe(full);
      expect(calls).toBe(room + 1);
      await expect(writer.finish()).rejects.toThrow("not after its end or a failure");
    }
  });
});

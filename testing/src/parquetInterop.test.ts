import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SeededRandom } from "@akidb/base";
import { compressions, type DocumentColumns, DocumentFileWriter, openDocumentFile } from "@akidb/parquet";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const directory = mkdtempSync(join(tmpdir(), "akidb-parquet-"));
const count = 700;
const dimension = 48;
const random = new SeededRandom(17);
const gaussians = Float32Array.from({ length: count * dimension }, () => random.nextGaussian());

const columnsOf = (vectors: Float32Array): DocumentColumns => ({
  rowCount: count,
  ids: new SeededRandom(3).fill(new Uint8Array(16 * count)),
  externalIds: Array.from({ length: count }, (_, i) => (i % 3 === 0 ? null : `doc-${i}`)),
  vectors,
  texts: Array.from({ length: count }, (_, i) => (i % 4 === 0 ? null : `täxt ${i} \u{1f600}`)),
  metadata: Array.from({ length: count }, (_, i) => (i % 5 === 0 ? null : `{"n":${i}}`)),
  insertedAtMs: Float64Array.from({ length: count }, (_, i) => 1_769_851_830_123 + i),
  updatedAtMs: Float64Array.from({ length: count }, (_, i) => 1_769_851_830_124 + i),
  versions: Float64Array.from({ length: count }, (_, i) => i + 1),
  expiresAtMs: Float64Array.from({ length: count }, (_, i) =>
    i % 6 === 0 ? 1_969_851_830_124 + i : Number.NaN,
  ),
});

async function write(
  name: string,
  options: { compression: (typeof compressions)[number]; columns: DocumentColumns },
) {
  const parts: Uint8Array[] = [];
  const writer = new DocumentFileWriter({
    sink: { append: (bytes) => void parts.push(bytes.slice()) },
    dimension,
    compression: options.compression,
    rowGroupRowsMax: 300,
  });
  await writer.append(options.columns);
  await writer.finish();
  const path = join(directory, name);
  writeFileSync(path, Buffer.concat(parts));
  return path;
}

async function readAll(path: string) {
  const bytes = readFileSync(path);
  const source = {
    byteLength: bytes.length,
    read: async (offset: number, length: number) => bytes.subarray(offset, offset + length),
  };
  const file = await openDocumentFile({ source, name: path });
  const batches = [];
  for await (const batch of file.batches({ rowsMax: 10_000 })) batches.push(batch);
  return { file, batches };
}

const uuidOf = (ids: Uint8Array, row: number) =>
  Buffer.from(ids.subarray(row * 16, row * 16 + 16))
    .toString("hex")
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");

function cosine(vectors: Float32Array, row: number): number {
  let dot = 0;
  let a = 0;
  let b = 0;
  for (let i = 0; i < dimension; i++) {
    const x = vectors[i]!;
    const y = vectors[row * dimension + i]!;
    dot += x * y;
    a += x * x;
    b += y * y;
  }
  return dot / Math.sqrt(a * b);
}

describe("DuckDB", () => {
  let db: Awaited<ReturnType<DuckDBInstance["connect"]>>;
  beforeAll(async () => {
    db = await (await DuckDBInstance.create(":memory:", { threads: "1" })).connect();
    await db.run("SET TimeZone = 'UTC'");
  });
  afterAll(() => {
    db.closeSync();
    rmSync(directory, { recursive: true });
  });

  const rowsOf = async (sql: string) => (await db.runAndReadAll(sql)).getRowObjectsJson();

  const bytes = gaussians.map((value) => Math.round(value * 20));
  const variants = compressions.flatMap((compression) => [
    { compression, kind: "floats", vectors: gaussians },
    { compression, kind: "bytes as floats", vectors: bytes },
  ]);

  it.each(variants)("reads $kind, $compression", async ({ compression, kind, vectors }) => {
    const columns = columnsOf(vectors);
    const path = await write(`${kind}-${compression}.parquet`, { compression, columns });
    const query = `[${vectors.subarray(0, dimension).join(",")}]::FLOAT[]`;
    const rows = await rowsOf(
      `SELECT id, external_id, text, metadata->>'n' AS n, epoch_ms(inserted_at) AS inserted,
        strftime(updated_at, '%c') IS NOT NULL AS has_time, version, epoch_ms(expires_at) AS expires,
        list_cosine_similarity(vector, ${query}) AS score FROM '${path}'`,
    );
    expect(rows).toHaveLength(count);
    for (const [row, found] of rows.entries()) {
      expect(found).toMatchObject({
        id: uuidOf(columns.ids, row),
        external_id: columns.externalIds[row],
        text: columns.texts[row],
        n: row % 5 === 0 ? null : String(row),
        inserted: String(columns.insertedAtMs[row]),
        has_time: true,
        version: String(row + 1),
        expires: row % 6 === 0 ? String(columns.expiresAtMs[row]) : null,
      });
      expect(found["score"]).toBeCloseTo(cosine(vectors, row), 5);
    }
    const types = await rowsOf(`DESCRIBE SELECT * FROM '${path}'`);
    expect(types.map(({ column_name: name, column_type: type }) => `${name} ${type}`)).toEqual([
      "id UUID",
      "external_id VARCHAR",
      "vector FLOAT[]",
      "text VARCHAR",
      "metadata JSON",
      "inserted_at TIMESTAMP WITH TIME ZONE",
      "updated_at TIMESTAMP WITH TIME ZONE",
      "version BIGINT",
      "expires_at TIMESTAMP WITH TIME ZONE",
    ]);
  });

  const written = [
    "FORMAT parquet",
    "FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 2048",
    "FORMAT parquet, COMPRESSION uncompressed, PARQUET_VERSION v2",
    "FORMAT parquet, COMPRESSION gzip",
    "FORMAT parquet, COMPRESSION brotli",
  ];

  it.each(written)("writes what is read (%s)", async (options) => {
    const path = join(directory, "duckdb.parquet");
    await db.run(
      `COPY (SELECT i::INTEGER AS version, list_transform(range(${dimension}), j -> ((i * 7 + j) % 100)::FLOAT) AS vector,
        CASE WHEN i % 3 = 0 THEN NULL ELSE 'text ' || (i % 10) END AS text,
        {'n': i, 'deep': [{'x': i / 2}], 'none': NULL::INTEGER} AS metadata,
        make_timestamptz(2026, 1, 31, 9, 30, 1.5, 'UTC') AS inserted_at,
        make_timestamp(2026, 1, 31, 9, 30, 1.5) AS updated_at,
        'doc-' || i AS external_id, uuid() AS id, 1 AS page
        FROM range(1, 5001) AS rows(i)) TO '${path}' (${options})`,
    );
    const { file, batches } = await readAll(path);
    expect(file.ignoredColumns).toEqual(["page"]);
    expect(file.rowCount).toBe(5_000);
    let i = 0;
    for (const batch of batches) {
      for (let row = 0; row < batch.rowCount; row++) {
        i += 1;
        expect(batch.versions![row]).toBe(i);
        expect(batch.vectors[row * dimension + 3]).toBe((i * 7 + 3) % 100);
        expect(batch.texts![row]).toBe(i % 3 === 0 ? null : `text ${i % 10}`);
        expect(JSON.parse(batch.metadata![row]!)).toEqual({ n: i, deep: [{ x: i / 2 }], none: null });
        expect(batch.externalIds![row]).toBe(`doc-${i}`);
      }
      expect(new Set([...batch.insertedAtMs!, ...batch.updatedAtMs!])).toEqual(
        new Set([Date.UTC(2026, 0, 31, 9, 30, 1, 500)]),
      );
    }
    expect(i).toBe(5_000);
    const first = await rowsOf(`SELECT id FROM '${path}' LIMIT 1`);
    expect(first[0]!["id"]).toBe(uuidOf(batches[0]!.ids!, 0));
  });

  it.each([
    ["ARRAY", `[1, 2, i]::FLOAT[3]`],
    ["a list of double", `[1, 2, i]::DOUBLE[]`],
  ])("writes vectors as %s", async (_, vector) => {
    const path = join(directory, "vectors.parquet");
    await db.run(
      `COPY (SELECT ${vector} AS vector FROM range(100) AS rows(i)) TO '${path}' (FORMAT parquet)`,
    );
    const { batches } = await readAll(path);
    expect([...batches[0]!.vectors]).toEqual(Array.from({ length: 100 }, (_, i) => [1, 2, i]).flat());
  });

  it.each([
    ["row 40: is null or empty", "CASE WHEN i = 40 THEN NULL ELSE [1, 2]::FLOAT[] END"],
    ["row 41: is null or empty", "CASE WHEN i = 41 THEN [] ELSE [1, 2] END::FLOAT[]"],
    ["row 42: a component is null", "CASE WHEN i = 42 THEN [1, NULL] ELSE [1, 2] END::FLOAT[]"],
    ["row 43: has 1 components where 2 are expected", "CASE WHEN i = 43 THEN [1] ELSE [1, 2] END::FLOAT[]"],
    [
      "row 44: has more than 2 components where 2 are expected",
      "CASE WHEN i = 44 THEN [1, 2, 3] ELSE [1, 2] END::FLOAT[]",
    ],
    ["row 45: component 1 is NaN", "CASE WHEN i = 45 THEN [1, 'nan'::FLOAT] ELSE [1, 2] END::FLOAT[]"],
    ["row 46: component 0 is 1e+300", "CASE WHEN i = 46 THEN [1e300, 1] ELSE [1, 2] END::DOUBLE[]"],
    ["row 99: has 1 components where 2 are expected", "CASE WHEN i = 99 THEN [1] ELSE [1, 2] END::FLOAT[]"],
  ])("writes vectors that are refused: %s", async (message, vector) => {
    const path = join(directory, "bad.parquet");
    await db.run(
      `COPY (SELECT ${vector} AS vector FROM range(100) AS rows(i)) TO '${path}' (FORMAT parquet)`,
    );
    await expect(readAll(path)).rejects.toMatchObject({
      code: "invalid_argument",
      problem: "invalid",
      message: expect.stringContaining(`column vector: ${message}`),
    });
  });

  it.each([
    ["id", "row 1: is null", "CASE WHEN i = 1 THEN NULL ELSE uuid() END"],
    ["id", 'row 0: is "17", not a UUID', "'17'"],
    ["metadata", "row 2: is not JSON", "CASE WHEN i = 2 THEN '{' ELSE '{}' END"],
    ["metadata", "row 0: is JSON, but not an object", "'[1]'"],
    ["version", "row 0: is 0; a version is 1 or more", "i"],
    ["inserted_at", "has type BYTE_ARRAY UTF8; a timestamp is expected", "'2026'"],
  ])("writes a column %s that is refused: %s", async (column, message, value) => {
    const path = join(directory, "bad.parquet");
    await db.run(
      `COPY (SELECT ${value} AS ${column}, [1, 2]::FLOAT[] AS vector FROM range(3) AS rows(i)) TO '${path}' (FORMAT parquet)`,
    );
    await expect(readAll(path)).rejects.toMatchObject({
      column,
      message: expect.stringContaining(`column ${column}: ${message}`),
    });
  });
});

import { readFileSync } from "node:fs";
import { SeededRandom } from "@akidb/base";
import { describe, expect, it } from "vitest";
import { columnsOf, sampleRows, sourceOf, writeFile } from "./documentFile.contract.ts";
import { openTableFile, type TableRow } from "./read/openTableFile.ts";
import { ParquetFileError } from "./read/parquetFileError.ts";

/** Written by fixtures/write.py. */
const fixture = (name: string) => readFileSync(new URL(`../fixtures/${name}.parquet`, import.meta.url));

async function readAll(bytes: Uint8Array, columns?: readonly string[]) {
  const file = await openTableFile({ source: sourceOf(bytes), name: "table.parquet" });
  const rows: TableRow[] = [];
  for await (const step of file.rows(columns)) rows.push(...step);
  return { file, rows };
}

const fieldsOf = (rows: readonly TableRow[]) => rows.map(({ fields }) => fields);
const vectorOf = (row: number) => Array.from({ length: 16 }, (_, i) => row + i / 16);
const timeOf = (row: number) => new Date(Date.UTC(2026, 0, 31, 9, 30, row, 123)).toISOString();
const idOf = (row: number) =>
  ((BigInt(row) << 64n) + 7n * BigInt(row))
    .toString(16)
    .padStart(32, "0")
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
const objectOf = (row: number) => ({ n: row, tags: Array(row % 3).fill("a"), at: { x: row / 2 } });
const rowNumbers = Array.from({ length: 40 }, (_, i) => i);

describe("a table", () => {
  it("has every column of Arrow's, with vectors that go over several pages", async () => {
    const { file, rows } = await readAll(fixture("arrow-v1"));
    expect(file).toMatchObject({ rowCount: 40, unreadableColumns: [] });
    expect(fieldsOf(rows)).toEqual(
      rowNumbers.map((row) => ({
        vector: Float32Array.from(vectorOf(row)),
        external_id: `doc-${row % 7}`,
        id: idOf(row),
        ...(row % 5 === 0 ? {} : { metadata: `{"n":${row}}` }),
        inserted_at: timeOf(row),
        updated_at: timeOf(row),
        page: row,
        ...(row % 3 === 0 ? {} : { text: `text ${row} ä😀` }),
        version: row + 1,
      })),
    );
  });

  it("keeps doubles, and makes objects of structs", async () => {
    const { rows } = await readAll(fixture("arrow-v2"), ["id", "vector", "metadata"]);
    expect(fieldsOf(rows)).toEqual(
      rowNumbers.map((row) => ({
        id: idOf(row),
        vector: Float64Array.from(vectorOf(row)),
        ...(row % 5 === 0 ? {} : { metadata: objectOf(row) }),
      })),
    );
  });

  it.each(["legacy", "pandas"])("of %s is read whole", async (name) => {
    const { rows } = await readAll(fixture(name));
    expect(rows).toHaveLength(40);
    for (const [row, { ok, fields }] of rows.entries()) {
      expect(ok).toBe(true);
      expect(fields["vector"]).toEqual(Float32Array.from(vectorOf(row)));
      expect(fields["inserted_at"]).toBe(timeOf(row));
    }
  });

  it("is refused or read, whatever bit of it is changed", async () => {
    const seed = Number(process.env["AKIDB_TEST_SEED"] ?? Date.now() % 1e9);
    const { bytes } = await writeFile({ dimension: 16, rowGroupRowsMax: 25 }, [
      columnsOf(sampleRows(seed, 60, 16)),
    ]);
    const random = new SeededRandom(seed);
    for (let round = 0; round < 500; round++) {
      const at = random.nextInt(bytes.length);
      const changed = Buffer.from(bytes);
      changed[at] = changed[at]! ^ (1 << random.nextInt(8));
      try {
        await readAll(changed);
      } catch (error) {
        if (!(error instanceof ParquetFileError))
          throw new Error(`seed ${seed}, byte ${at}`, { cause: error });
      }
    }
  });
});

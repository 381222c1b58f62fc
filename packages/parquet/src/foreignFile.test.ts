import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Row, rowsOf, sourceOf } from "./documentFile.contract.ts";
import { openDocumentFile } from "./read/openDocumentFile.ts";

/** Written by fixtures/write.py. */
const fixture = (name: string) => readFileSync(new URL(`../fixtures/${name}.parquet`, import.meta.url));

async function readAll(name: string) {
  const file = await openDocumentFile({ source: sourceOf(fixture(name)), name });
  const rows: Row[] = [];
  for await (const batch of file.batches({ rowsMax: 7 })) rows.push(...rowsOf(batch));
  return { file, rows };
}

const rowNumbers = Array.from({ length: 40 }, (_, i) => i);
const vectorOf = (row: number) => Array.from({ length: 16 }, (_, i) => row + i / 16);
const textOf = (row: number) => (row % 3 === 0 ? null : `text ${row} ä😀`);
const timeOf = (row: number) => Date.UTC(2026, 0, 31, 9, 30, row, 123);
const idOf = (row: number) => ((BigInt(row) << 64n) + 7n * BigInt(row)).toString(16).padStart(32, "0");
const objectOf = (row: number) =>
  row % 5 === 0 ? null : { n: row, tags: Array(row % 3).fill("a"), at: { x: row / 2 } };
const parsed = (rows: readonly Row[]) => rows.map(({ metadata }) => metadata && JSON.parse(metadata));

describe("files of others", () => {
  it("by Arrow: strings in dictionaries, identifiers as text, times in ns and µs, small pages", async () => {
    const { file, rows } = await readAll("arrow-v1");
    expect(file.ignoredColumns).toEqual(["page"]);
    expect(rows).toEqual(
      rowNumbers.map((row) => ({
        id: idOf(row),
        externalId: `doc-${row % 7}`,
        vector: vectorOf(row),
        text: textOf(row),
        metadata: row % 5 === 0 ? null : `{"n":${row}}`,
        insertedAtMs: timeOf(row),
        updatedAtMs: timeOf(row),
        version: row + 1,
      })),
    );
  });

  it("by Arrow: fixed-size lists of double, UUIDs, metadata as a struct, gzip, pages of version 2", async () => {
    const { file, rows } = await readAll("arrow-v2");
    expect(file.columns).toEqual(["id", "vector", "text", "metadata", "inserted_at", "version"]);
    expect(rows.map(({ id, vector, text, insertedAtMs }) => ({ id, vector, text, insertedAtMs }))).toEqual(
      rowNumbers.map((row) => ({
        id: idOf(row),
        vector: vectorOf(row),
        text: textOf(row),
        insertedAtMs: timeOf(row),
      })),
    );
    expect(parsed(rows)).toEqual(rowNumbers.map(objectOf));
  });

  it("of older days: INT96 times, lists of `item`, a map, brotli, differences", async () => {
    const { rows } = await readAll("legacy");
    expect(
      rows.map(({ vector, text, insertedAtMs, version }) => ({ vector, text, insertedAtMs, version })),
    ).toEqual(
      rowNumbers.map((row) => ({
        vector: vectorOf(row),
        text: textOf(row),
        insertedAtMs: timeOf(row),
        version: row + 1,
      })),
    );
    expect(parsed(rows)[1]).toEqual({ n: "1", tags: "['a']", at: "{'x': 0.5}" });
    expect(parsed(rows)[5]).toBeNull();
  });

  it("by pandas: no identifiers, versions or texts", async () => {
    const { file, rows } = await readAll("pandas");
    expect(file.columns).toEqual(["external_id", "vector", "metadata", "inserted_at"]);
    expect(rows.map(({ metadata: _, ...row }) => row)).toEqual(
      rowNumbers.map((row) => ({
        externalId: `doc-${row}`,
        vector: vectorOf(row),
        insertedAtMs: timeOf(row),
      })),
    );
    expect(parsed(rows)).toEqual(rowNumbers.map(objectOf));
  });

  it("are refused where their vectors are of another dimension", async () => {
    const source = sourceOf(fixture("pandas"));
    await expect(openDocumentFile({ source, name: "pandas.parquet", dimension: 17 })).rejects.toMatchObject({
      code: "invalid_argument",
      problem: "invalid",
      message: "pandas.parquet: column vector: has 16 components where 17 are expected",
    });
  });
});

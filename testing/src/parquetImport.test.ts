import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compileCache } from "./compileCache.ts";

const bin = fileURLToPath(new URL("../../packages/akidb/bin/akidb.js", import.meta.url));
const cwd = mkdtempSync(join(tmpdir(), "akidb-duckdb-"));

interface CliRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function akidb(...args: readonly string[]): Promise<CliRun> {
  const run = promisify(execFile)(process.execPath, [bin, ...args], {
    cwd,
    env: { AKIDB_WAL_SYNC: "never", ...compileCache },
  });
  return await run.then(
    (output) => ({ code: 0, ...output }),
    (error: CliRun) => error,
  );
}

const document = async (collection: string, id: string) =>
  JSON.parse((await akidb("get", collection, id, "--json", "--include", "metadata,text,vector")).stdout);

describe("DuckDB", () => {
  let db: DuckDBConnection;
  beforeAll(async () => {
    db = await (await DuckDBInstance.create(":memory:", { threads: "1" })).connect();
    await db.run("SET TimeZone = 'UTC'");
  });
  afterAll(() => {
    db.closeSync();
    rmSync(cwd, { recursive: true });
  });
  const copy = (select: string, file: string, options = "") =>
    db.run(`COPY (${select}) TO '${join(cwd, file)}' (FORMAT parquet${options})`);

  it("writes tables that are imported, every type of value", async () => {
    const vector = "list_transform(range(24), x -> (i + x / 8)::FLOAT)";
    await copy(
      `SELECT 'doc-' || i AS id, ${vector} AS embedding, 'text ' || i AS content, i AS n,
        i % 2 = 0 AS even, i / 4 AS share, (i * 1.25)::DECIMAL(9, 2) AS price, DATE '2026-01-31' AS day,
        TIMESTAMP '2026-01-31 09:30:00.25' AS at, TIME '09:30:00.25' AS time, 9007199254740993 + i AS large,
        (200 + i % 50)::UTINYINT AS small, uuid '0199d6a0-0000-7000-8000-00000000000a' AS other,
        ['a', 'b'] AS tags, {'x': i, 'y': [1.5, 2]} AS at_place, [0.5::DOUBLE, i] AS numbers,
        CASE WHEN i % 3 = 0 THEN NULL ELSE 'x' END AS maybe, 'nan'::DOUBLE AS missing,
        'text'::BLOB AS bytes, '[1,{"a":null}]'::JSON AS json, INTERVAL 1 DAY AS span
       FROM range(3000) t(i)`,
      "all.parquet",
      ", ROW_GROUP_SIZE 2048, COMPRESSION zstd",
    );
    expect(await akidb("import", "all.parquet")).toEqual({
      code: 0,
      stdout: expect.stringMatching(/all.parquet +all +3,000 +3,000 +0 /),
      // How far it is stands behind it where that takes long.
      stderr: expect.stringMatching(/^all.parquet: without span, of types that are not read\n/),
    });
    expect(await document("all", "doc-2999")).toMatchObject({
      external_id: "doc-2999",
      vector: Array.from({ length: 24 }, (_, i) => 2999 + i / 8),
      text: "text 2999",
      metadata: {
        n: 2999,
        even: false,
        share: 749.75,
        price: 3748.75,
        day: "2026-01-31",
        at: "2026-01-31T09:30:00.250Z",
        time: "09:30:00.25",
        large: "9007199254743992",
        small: 249,
        other: "0199d6a0-0000-7000-8000-00000000000a",
        tags: ["a", "b"],
        at_place: { x: 2999, y: [1.5, 2] },
        numbers: [0.5, 2999],
        maybe: "x",
        bytes: "text",
        json: [1, { a: null }],
      },
    });
    const { metadata } = await document("all", "doc-3");
    expect(Object.keys(metadata)).not.toContain("maybe");
    expect(Object.keys(metadata)).not.toContain("missing");
  });

  it("writes vectors that are no documents into rows of their own, which are put aside", async () => {
    const vector = "list_transform(range(16), x -> (1 + x)::FLOAT)";
    await copy(
      `SELECT i AS id, CASE i WHEN 1 THEN NULL WHEN 2 THEN []::FLOAT[] WHEN 3 THEN list_concat([NULL], ${vector})
         WHEN 4 THEN [1, 2]::FLOAT[] WHEN 5 THEN list_concat(['nan'::FLOAT], ${vector}[2:]) ELSE ${vector} END AS vector,
         CASE i WHEN 6 THEN '\\xFF'::BLOB ELSE 'a'::BLOB END AS note
       FROM range(9) t(i)`,
      "holes.parquet",
    );
    const { code, stdout } = await akidb("import", "holes.parquet");
    expect([code, stdout]).toEqual([1, expect.stringMatching(/holes +9 +3 +6 /)]);
    const rejects = readFileSync(join(cwd, "holes.parquet.rejects.jsonl"), "utf8");
    const errors = new Map(
      rejects
        .trim()
        .split("\n")
        .map((line): [number, string] => [JSON.parse(line).line, JSON.parse(line).error]),
    );
    expect(Object.fromEntries(errors)).toEqual({
      2: expect.stringContaining("has no text or vector"),
      3: expect.stringContaining("has no text or vector"),
      4: "column vector: a component is null",
      5: expect.stringContaining("dimension is 16"),
      6: expect.stringContaining("finite"),
      7: "column note: is not UTF-8",
    });
  });

  it("reads an export and writes it again, which is imported as the same documents", async () => {
    const vector = "list_transform(range(16), x -> sin(i + x)::FLOAT)";
    await copy(`SELECT 'd' || i AS id, ${vector} AS vector, i AS n FROM range(50) t(i)`, "source.parquet");
    await akidb("import", "source.parquet");
    expect(await akidb("export", "source", "--output", "export.parquet")).toMatchObject({
      code: 0,
      stderr: "",
    });
    await copy(`SELECT * FROM '${join(cwd, "export.parquet")}' WHERE version = 1`, "subset.parquet");
    expect(await akidb("import", "subset.parquet")).toMatchObject({ code: 0 });
    const { inserted_at: _, updated_at: __, ...before } = await document("source", "d7");
    expect(await document("subset", "d7")).toMatchObject(before);
  });
});

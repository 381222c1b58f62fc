import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { columnsOf, readRows, sampleRows, writeFile } from "./documentFile.contract.ts";

const rows = sampleRows(11, 40, 16);
const golden = (name: string) => readFileSync(new URL(`../fixtures/${name}.parquet`, import.meta.url));

describe("every format", () => {
  it.each(["format1-zstd", "format1-snappy", "format1-none"])("is read for ever (%s)", async (name) => {
    // There were no expiries.
    expect(await readRows(golden(name))).toEqual(rows.map(({ expiresAtMs: _, ...row }) => row));
  });

  it.each(["format2-zstd", "format2-snappy", "format2-none"])("is read for ever (%s)", async (name) => {
    expect(await readRows(golden(name))).toEqual(rows);
  });
});

describe("format 2", () => {
  it("is written as it was; when its bytes change, raise the version and keep the old files", async () => {
    const options = {
      dimension: 16,
      compression: "none",
      rowGroupRowsMax: 25,
      keyValues: { lsn: "41" },
    } as const;
    const { bytes } = await writeFile(options, [columnsOf(rows)]);
    expect(Buffer.compare(bytes, golden("format2-none"))).toBe(0);
  });
});

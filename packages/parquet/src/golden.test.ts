import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { columnsOf, readRows, sampleRows, writeFile } from "./documentFile.contract.ts";

const rows = sampleRows(11, 40, 16);
const golden = (name: string) => readFileSync(new URL(`../fixtures/${name}.parquet`, import.meta.url));

describe("format 1", () => {
  it.each(["format1-zstd", "format1-snappy", "format1-none"])("is read for ever (%s)", async (name) => {
    expect(await readRows(golden(name))).toEqual(rows);
  });

  it("is written as it was; when its bytes change, raise the version and keep the old files", async () => {
    const options = {
      dimension: 16,
      compression: "none",
      rowGroupRowsMax: 25,
      keyValues: { lsn: "41" },
    } as const;
    const { bytes } = await writeFile(options, [columnsOf(rows)]);
    expect(Buffer.compare(bytes, golden("format1-none"))).toBe(0);
  });
});

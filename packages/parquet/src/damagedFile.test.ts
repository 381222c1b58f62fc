import { readFileSync } from "node:fs";
import { SeededRandom } from "@akidb/base";
import { type FileMetaData, parquetMetadata } from "hyparquet";
import { ByteWriter } from "hyparquet-writer/src/bytewriter.js";
import { writeMetadata } from "hyparquet-writer/src/metadata.js";
import { describe, expect, it } from "vitest";
import { columnsOf, readRows, sampleRows, sourceOf, writeFile } from "./documentFile.contract.ts";
import { compressions } from "./format/compression.ts";
import { openDocumentFile } from "./read/openDocumentFile.ts";
import { ParquetFileError } from "./read/parquetFileError.ts";

// Wide enough for more than 256 different components in a row group.
const dimension = 16;
const rows = sampleRows(1, 60, dimension);
const seed = Number(process.env["AKIDB_TEST_SEED"] ?? Date.now() % 1e9);

const sampleFile = async (compression: (typeof compressions)[number]): Promise<Buffer> => {
  const file = await writeFile({ dimension, compression, rowGroupRowsMax: 25 }, [columnsOf(rows)]);
  return Buffer.from(file.bytes);
};

const footerStart = (bytes: Buffer) => bytes.length - 8 - bytes.readUInt32LE(bytes.length - 8);

/** The rows, or the error, which must be one that names the file. */
async function outcome(bytes: Uint8Array): Promise<unknown> {
  try {
    return await readRows(bytes);
  } catch (error) {
    if (!(error instanceof ParquetFileError)) throw error;
    expect(error.message).toMatch(/^sample\.parquet: /);
    return error;
  }
}

/** The file with another footer. */
function withFooter(bytes: Buffer, change: (metadata: FileMetaData) => void): Buffer {
  const metadata = parquetMetadata(bytes);
  // Their values are decoded ones, which the writer does not take.
  for (const { columns } of metadata.row_groups)
    for (const { meta_data } of columns) delete meta_data!.statistics;
  change(metadata);
  const writer = new ByteWriter();
  writeMetadata(writer, metadata);
  return Buffer.concat([bytes.subarray(0, footerStart(bytes)), writer.getBytes(), Buffer.from("PAR1")]);
}

const withRawFooter = (footer: readonly number[]): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  return Buffer.concat([Buffer.from("PAR1"), Buffer.from(footer), length, Buffer.from("PAR1")]);
};

const vectorChunk = ({ row_groups: groups }: FileMetaData) => groups[0]!.columns[2]!.meta_data!;

describe("a damaged file", () => {
  it("is refused wherever it is cut off", async () => {
    const bytes = await sampleFile("zstd");
    for (let length = 0; length < bytes.length; length += 1 + Math.floor(bytes.length / 500)) {
      expect(await outcome(bytes.subarray(0, length)), `${length} bytes`).toMatchObject({
        problem: "damaged",
      });
    }
  });

  it.each(compressions)(
    `is told from a sound one, whichever bit of its pages is wrong (%s, seed ${seed})`,
    async (compression) => {
      const random = new SeededRandom(seed);
      const bytes = await sampleFile(compression);
      const end = footerStart(bytes);
      for (let round = 0; round < 700; round++) {
        const at = random.nextInt(end);
        const bit = 1 << random.nextInt(8);
        bytes[at]! ^= bit;
        const found = await outcome(bytes);
        // Some bits of a page's header say nothing that is needed.
        if (!(found instanceof ParquetFileError)) expect(found, `byte ${at}, bit ${bit}`).toEqual(rows);
        bytes[at]! ^= bit;
      }
    },
  );

  it(`gives rows or an error, never a crash, when its footer is overwritten (seed ${seed})`, async () => {
    const random = new SeededRandom(seed);
    const sound = await sampleFile("none");
    const start = footerStart(sound);
    for (let round = 0; round < 2_000; round++) {
      const bytes = Buffer.from(sound);
      for (let i = 1 + random.nextInt(4); i > 0; i--) {
        bytes[start + random.nextInt(bytes.length - start)] = random.nextInt(256);
      }
      await outcome(bytes);
    }
  });

  it(`gives rows or an error when pages without checksums are overwritten (seed ${seed})`, async () => {
    const random = new SeededRandom(seed);
    for (const name of ["legacy", "arrow-v2", "pandas"]) {
      const sound = readFileSync(new URL(`../fixtures/${name}.parquet`, import.meta.url));
      for (let round = 0; round < 700; round++) {
        const bytes = Buffer.from(sound);
        for (let i = 1 + random.nextInt(3); i > 0; i--)
          bytes[random.nextInt(bytes.length)] = random.nextInt(256);
        await outcome(bytes);
      }
    }
  });

  it.each([
    ["a list of two billion", [0x29, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x07]],
    ["lists in lists in lists", Array(100_000).fill(0x19)],
    ["structs in structs", Array(100_000).fill(0x1c)],
    ["a string longer than the file", [0x18, 0xff, 0xff, 0xff, 0xff, 0x0f]],
    ["a number that does not end", [0x15, ...Array(20).fill(0xff)]],
    ["nothing", [0]],
  ])("is refused when its footer holds %s", async (_, footer) => {
    expect(await outcome(withRawFooter(footer))).toMatchObject({ problem: "damaged" });
  });

  it.each<readonly [string, (metadata: FileMetaData) => void]>([
    ["a trillion rows", (metadata) => (metadata.num_rows = 1n << 40n)],
    [
      "a trillion rows in a group",
      (metadata) => {
        metadata.row_groups[0]!.num_rows = 1n << 40n;
        metadata.num_rows += (1n << 40n) - 25n;
      },
    ],
    ["negative rows", (metadata) => (metadata.row_groups[0]!.num_rows = -5n)],
    ["a quintillion values", (metadata) => (vectorChunk(metadata).num_values = 1n << 60n)],
    [
      "a column of a quintillion bytes",
      (metadata) => (vectorChunk(metadata).total_compressed_size = 1n << 60n),
    ],
    ["a column before the file", (metadata) => (vectorChunk(metadata).data_page_offset = -1n)],
    ["a column within the footer", (metadata) => (vectorChunk(metadata).data_page_offset += 1n << 20n)],
    ["a column of another type", (metadata) => (vectorChunk(metadata).type = "INT64")],
    ["a missing column", (metadata) => void metadata.row_groups[1]!.columns.splice(3, 1)],
    ["another compression than its pages have", (metadata) => (vectorChunk(metadata).codec = "GZIP")],
  ])("is refused when its footer says %s", async (_, change) => {
    const bytes = withFooter(await sampleFile("zstd"), change);
    expect(await outcome(bytes)).toMatchObject({ code: "invalid_argument", problem: "damaged" });
  });

  it("names the column and what is wrong with it", async () => {
    const bytes = await sampleFile("none");
    const { meta_data: chunk } = parquetMetadata(bytes).row_groups[1]!.columns[3]!;
    bytes[Number(chunk!.data_page_offset + chunk!.total_compressed_size) - 3]! ^= 1;
    expect(await outcome(bytes)).toMatchObject({
      problem: "damaged",
      file: "sample.parquet",
      column: "text",
      message: expect.stringContaining(
        "sample.parquet: column text: has a page whose checksum is wrong, at byte",
      ),
    });
  });

  it("is told from a source that fails", async () => {
    const bytes = await sampleFile("none");
    const failure = new Error("input/output error");
    const source = { ...sourceOf(bytes), read: () => Promise.reject(failure) };
    await expect(openDocumentFile({ source, name: "x" })).rejects.toBe(failure);
  });
});

describe("a sound file that cannot hold documents", () => {
  const changed = async (change: (metadata: FileMetaData) => void) =>
    outcome(withFooter(await sampleFile("none"), change));

  it("is refused when it was written by a newer version", async () => {
    const found = await changed(({ key_value_metadata: pairs }) => {
      pairs!.find(({ key }) => key === "akidb.format_version")!.value = "99";
    });
    expect(found).toMatchObject({ problem: "unsupported", message: expect.stringContaining("version 99") });
  });

  it.each<readonly [string, RegExp, (metadata: FileMetaData) => void]>([
    ["vector", /is missing; there are id, external_id, vektor/, ({ schema }) => (schema[3]!.name = "vektor")],
    [
      "vector",
      /must be a list of float or double, not a list of INT32/,
      ({ schema }) => (schema[5]!.type = "INT32"),
    ],
    ["text", /is there more than once/, ({ schema }) => (schema[7]!.name = "text")],
    ["id", /has type BYTE_ARRAY JSON|a UUID or a string/, ({ schema }) => (schema[1]!.type_length = 12)],
    ["version", /has type DOUBLE; an integer is expected/, ({ schema }) => (schema[10]!.type = "DOUBLE")],
    [
      "updated_at",
      /has type INT64; a timestamp is expected/,
      ({ schema }) => {
        delete schema[9]!.logical_type;
        delete schema[9]!.converted_type;
      },
    ],
  ])("is refused for its column %s: %s", async (column, message, change) => {
    const found = await changed((metadata) => {
      change(metadata);
      // Keeps paths of columns and schema together.
      const leaves = metadata.schema.filter(({ type }) => type !== undefined);
      for (const { columns } of metadata.row_groups) {
        columns.forEach(({ meta_data: chunk }, i) => {
          if (i !== 2) chunk!.path_in_schema = [leaves[i]!.name];
        });
      }
    });
    expect(found).toMatchObject({ column, message: expect.stringMatching(message) });
    expect(found).toMatchObject({ code: "invalid_argument", violations: [{ path: column }] });
  });

  it("reads lists of two levels, as older writers have them", async () => {
    const bytes = withFooter(await sampleFile("zstd"), (metadata) => {
      metadata.schema.splice(4, 1);
      metadata.schema[4] = { name: "array", type: "FLOAT", repetition_type: "REPEATED" };
      for (const group of metadata.row_groups) {
        group.columns[2]!.meta_data!.path_in_schema = ["vector", "array"];
      }
    });
    expect(await readRows(bytes)).toEqual(rows);
  });
});

import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SeededRandom } from "@akidb/base";
import { crc32c } from "@node-rs/crc32";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { nodeDisk } from "../adapters/nodeDisk.ts";
import { DamagedFileError } from "../damagedFileError.ts";
import { faultyDisk } from "../wal/faultyDisk.test.disk.ts";
import { blockFileKinds } from "./blockFileHeader.ts";
import { readBlockFile } from "./readBlockFile.ts";
import { writeBlockFile } from "./writeBlockFile.ts";

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "akidb-block-file-"));
  path = join(directory, "rows");
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

const random = new SeededRandom(1);
const bytesOf = (length: number) => Uint8Array.from({ length }, () => random.nextInt(256));
const kind = blockFileKinds.rows;
const write = (parts: readonly Uint8Array[], disk = nodeDisk) =>
  writeBlockFile({
    disk,
    path,
    kind,
    words: [7, 0xffff_ffff],
    regions: parts.map((bytes) => ({ name: "rows", bytes })),
  });

async function read(contents?: { readonly bytes: number; readonly checksum: number }) {
  let found: readonly Uint8Array[] = [];
  let foundWords: readonly number[] = [];
  await readBlockFile({
    disk: nodeDisk,
    path,
    file: "checkpoint/7/rows",
    kind,
    ...(contents && { contents }),
    regions: ({ words, regionBytes }) => {
      foundWords = words;
      found = regionBytes.map((length) => new Uint8Array(length));
      return found.map((bytes) => ({ name: "rows", bytes }));
    },
  });
  return { words: foundWords, parts: found };
}

const expectDamaged = async (reason: RegExp, contents?: Parameters<typeof read>[0]) => {
  const error = await read(contents).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(DamagedFileError);
  expect((error as Error).message).toMatch(/^checkpoint\/7\/rows: /);
  expect((error as Error).message).toMatch(reason);
};

describe("a block file", () => {
  it.each([[[]], [[0]], [[1, 5]], [[1024 * 1024, 0, 3]], [[2_500_000, 1]]])(
    "of regions of %j bytes is read as it was written",
    async (lengths) => {
      const parts = lengths.map(bytesOf);
      const contents = await write(parts);
      const file = readFileSync(path);
      expect(contents).toEqual({ bytes: file.length, checksum: crc32c(file) });
      expect(await read(contents)).toEqual({ words: [7, 0xffff_ffff], parts });
    },
  );

  it("is refused wherever a byte of it flips or it is cut off", async () => {
    await write([bytesOf(40), bytesOf(9)]);
    const whole = readFileSync(path);
    for (let at = 0; at < whole.length; at++) {
      const bytes = Buffer.from(whole);
      bytes[at]! ^= 1 << (at % 8);
      writeFileSync(path, bytes);
      await expectDamaged(/./);
      writeFileSync(path, whole);
      truncateSync(path, at);
      await expectDamaged(/./);
    }
    writeFileSync(path, Buffer.concat([whole, Buffer.of(0)]));
    await expectDamaged(/bytes long, not/);
  });

  it("is refused where it is another file than the manifest's", async () => {
    const contents = await write([bytesOf(40)]);
    await write([bytesOf(40)]);
    await expectDamaged(/is not the file that its manifest names/, contents);
  });

  it("is refused where it is of another kind or a newer format", async () => {
    await write([]);
    const bytes = readFileSync(path);
    const rewrite = (offset: number, value: number) => {
      const changed = Buffer.from(bytes);
      changed.writeUInt32LE(value, offset);
      changed.writeUInt32LE(crc32c(changed.subarray(20), crc32c(changed.subarray(0, 16))), 16);
      writeFileSync(path, changed);
    };
    rewrite(20, 2);
    await expectDamaged(/holds kind 2, not 3/);
    rewrite(8, 2);
    await expectDamaged(/block file format 2 by a newer AkiDB/);
  });

  it.each(["createFile", "write", "sync", "rename"] as const)(
    "leaves the one before where %s fails",
    async (operation) => {
      const parts = [bytesOf(10)];
      await write(parts);
      const disk = faultyDisk(nodeDisk, (attempted) => {
        if (attempted === operation) throw new Error("EIO");
      });
      await expect(write([bytesOf(11)], disk)).rejects.toThrow("EIO");
      expect(readdirSync(directory)).toEqual(["rows"]);
      expect((await read()).parts).toEqual(parts);
    },
  );
});

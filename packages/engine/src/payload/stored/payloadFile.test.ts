import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JsonObject } from "@akidb/base";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { nodeDisk } from "../../adapters/nodeDisk.ts";
import { DamagedFileError } from "../../damagedFileError.ts";
import type { Disk } from "../../disk/disk.ts";
import { unsyncedDisk } from "../../disk/unsyncedDisk.test.disk.ts";
import { matchesFilter } from "../../filter/matchesFilter.ts";
import { parseFilter } from "../../filter/parseFilter.ts";
import { PayloadIndex, type PayloadIndexOptions } from "../payloadIndex.ts";
import { filter, metadata } from "../randomMetadata.test.data.ts";
import { hasRow } from "../rowBitset.ts";
import { isExact } from "../rowSets.ts";
import { payloadFileName, readPayloadFile, writePayloadFile } from "./payloadFile.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "akidb-payload-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

const { signal } = new AbortController();
const quickDisk = unsyncedDisk(nodeDisk);
const roomy: PayloadIndexOptions = { fieldsMax: 100, distinctMax: 100 };

/** An index with the documents that it is to know. */
class Indexed {
  readonly index: PayloadIndex;
  readonly rows: JsonObject[] = [];

  constructor(index: PayloadIndex, rows: readonly JsonObject[] = []) {
    this.index = index;
    this.rows.push(...rows);
  }

  add(document: JsonObject): void {
    this.index.add(this.rows.length, document);
    this.rows.push(document);
  }

  replace(row: number, document: JsonObject): void {
    this.index.remove(row, this.rows[row]!);
    this.index.add(row, document);
    this.rows[row] = document;
  }

  check(wanted: JsonObject): void {
    const parsed = parseFilter(wanted);
    const found = this.index.find(parsed, this.rows.length);
    for (const [row, document] of this.rows.entries()) {
      const passes = matchesFilter(document, parsed);
      const isRight = passes ? hasRow(found.upper, row) : !hasRow(found.lower, row);
      if (!isRight || (isExact(found) && hasRow(found.lower, row) !== passes)) {
        expect.fail(`row ${row}, ${JSON.stringify(document)}, and ${JSON.stringify(wanted)}`);
      }
    }
  }
}

/** @param meanwhile called before each write */
async function write({ index, rows }: Indexed, meanwhile = () => {}): Promise<void> {
  const disk: Disk = {
    ...quickDisk,
    createFile: async (path) => {
      const file = await quickDisk.createFile(path);
      return Object.assign(Object.create(file), {
        write: (parts: readonly Uint8Array[], position: number) => {
          meanwhile();
          return file.write(parts, position);
        },
        sync: () => file.sync(),
        close: () => file.close(),
      });
    },
  };
  using image = index.image(rows.length);
  const writing = writePayloadFile({ disk, directory, image, signal });
  meanwhile();
  await writing;
}

const read = (rowCount: number, options: PayloadIndexOptions) =>
  readPayloadFile(
    { kind: "flat", disk: quickDisk, directory, name: "1", files: new Map(), sealedFiles: new WeakMap() },
    rowCount,
    options,
  );

describe("a payload index from its file", () => {
  it.each<readonly [string, PayloadIndexOptions]>([
    ["with room for all", roomy],
    ["with more texts than a dictionary takes", { fieldsMax: 100, distinctMax: 3 }],
    ["with more fields than get an index", { fieldsMax: 2, distinctMax: 100 }],
  ])(
    "%s is what it was at the image, whatever is done while it is written, and goes on",
    async (_, options) => {
      const documents = fc.array(metadata, { minLength: 1, maxLength: 80 });
      await fc.assert(
        fc.asyncProperty(
          documents,
          documents,
          fc.array(filter, { minLength: 1, maxLength: 5 }),
          async (before, later, filters) => {
            const source = new Indexed(new PayloadIndex(options));
            for (const document of before) source.add(document);
            source.replace(0, before.at(-1)!);
            const atImage = [...source.rows];
            let next = 0;
            await write(source, () => {
              for (const document of later.slice(next, next + 20)) {
                source.add(document);
                source.replace(next++ % atImage.length, document);
              }
            });
            for (const each of filters) source.check(each);
            const loaded = new Indexed((await read(atImage.length, options))!, atImage);
            for (const each of filters) loaded.check(each);
            for (const document of later) loaded.add(document);
            for (const [row, document] of atImage.toReversed().entries()) loaded.replace(row, document);
            for (const each of filters) loaded.check(each);
          },
        ),
        { numRuns: 60 },
      );
    },
  );

  it("holds lists, bits, sorted runs and any text", async () => {
    const texts = ["", "a", "ä\u00ff", "\u0100", "\ud83d\ude00", "lone \ud800", "lone \udc00 too", "\0"];
    const source = new Indexed(new PayloadIndex({ fieldsMax: 10, distinctMax: 10_000 }));
    const document = (row: number): JsonObject => ({
      text: texts[row % texts.length]!,
      rare: `r${row % 2_000}`,
      n: (row * 7_919) % 6_000,
      day: `2024-0${1 + (row % 9)}-1${row % 10}`,
      is: row % 3 === 0,
      at: { lat: (row % 180) - 90, lon: ((row * 7) % 360) - 180 },
    });
    for (let row = 0; row < 6_000; row++) source.add(document(row));
    for (let row = 0; row < 3_000; row += 7) source.replace(row, document(row + 5));
    const atImage = [...source.rows];
    let isDone = false;
    await write(source, () => {
      if (isDone) return;
      isDone = true;
      for (let row = 6_000; row < 9_000; row++) source.add(document(row));
      for (let row = 0; row < 2_000; row += 3) source.replace(row, document(row + 1));
    });
    const loaded = new Indexed((await read(6_000, { fieldsMax: 10, distinctMax: 10_000 }))!, atImage);
    const filters: readonly JsonObject[] = [
      ...texts.map((text) => ({ text })),
      { rare: "r77" },
      { rare: { $prefix: "r19" } },
      { n: { $gte: 100, $lt: 250 } },
      { day: { $lt: "2024-03-15" } },
      { is: true },
      { at: { $geo_radius: { center: { lat: 10, lon: 20 }, radius_m: 900_000 } } },
    ];
    for (const each of filters) for (const indexed of [source, loaded]) indexed.check(each);
    expect(loaded.index.memoryBytes).toBeLessThan(source.index.memoryBytes);
  });

  it("is not used where the index of other options would be another one", async () => {
    const source = new Indexed(new PayloadIndex(roomy));
    source.add({ a: 1 });
    await write(source);
    expect(await read(1, { ...roomy, fieldsMax: 99 })).toBeUndefined();
    expect(await read(1, { ...roomy, distinctMax: 99 })).toBeUndefined();
    expect(await read(1, roomy)).toBeDefined();
    await expect(read(2, roomy)).rejects.toThrow("payload: is of 1 rows, not of 2");
  });

  it("is refused as damaged whichever byte of it flips, and wherever it is cut", async () => {
    const source = new Indexed(new PayloadIndex(roomy));
    for (let row = 0; row < 40; row++) source.add({ n: row, t: `t${row % 7}`, is: row % 2 === 0 });
    await write(source);
    const path = join(directory, payloadFileName);
    const whole = readFileSync(path);
    for (let at = 0; at < whole.length; at += 3) {
      const flipped = Buffer.from(whole);
      flipped[at]! ^= 1 << (at % 8);
      writeFileSync(path, flipped);
      await expect(read(40, roomy)).rejects.toThrow(DamagedFileError);
    }
    for (const length of [0, 10, 40, whole.length - 1]) {
      writeFileSync(path, whole.subarray(0, length));
      await expect(read(40, roomy)).rejects.toThrow(DamagedFileError);
    }
  });
});

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, type Metric, noDeadline, SeededRandom, systemClock } from "@akidb/base";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nodeDisk } from "../adapters/nodeDisk.ts";
import { Builders } from "../builders/builders.ts";
import { DamagedFileError } from "../damagedFileError.ts";
import type { Disk } from "../disk/disk.ts";
import { PromotionNeededError } from "../promotionNeededError.ts";
import { GraphIndex, type GraphIndexOptions } from "./graphIndex.ts";
import type { StoredImage } from "./indexImage.ts";
import { InPlaceIndex } from "./inPlaceIndex.ts";
import type { IndexQuery } from "./vectorIndex.ts";

/** Vectors of 384 bytes, which blocks of 1 MiB cut, in a full segment of two blocks and one that grows. */
const dimension = 96;
const vectorBytes = 384;
const rowCount = 3_500;
const segmentRowsMax = 3_200;
const blockBytes = 2 ** 20;

const builders = new Builders({ threadCount: 2 });
const directory = mkdtempSync(join(tmpdir(), "akidb-in-place-"));
const random = new SeededRandom(23);
const randomVector = () => Float32Array.from({ length: dimension }, () => random.nextGaussian());
const vectors = Array.from({ length: rowCount }, randomVector);
// Equally good ones.
for (let row = 6; row < rowCount; row += 50) vectors[row] = vectors[row - 5]!;

interface Hot {
  readonly index: GraphIndex;
  readonly options: GraphIndexOptions;
  readonly stored: StoredImage;
}

const hots: Hot[] = [];
afterAll(async () => {
  for (const { index } of hots) await index.close();
  await builders.close();
  rmSync(directory, { recursive: true });
});

/** An index in memory, and its image on disk; made once. */
async function hotOf(metric: Metric, quantization: "int8" | "binary"): Promise<Hot> {
  const name = `${metric}-${quantization}`;
  const made = hots.find(({ stored }) => stored.name === name);
  if (made !== undefined) return made;
  const options: GraphIndexOptions = {
    ...{ dimension, metric, builders, quantization, segmentRowsMax },
    ...{ linksMax: 6, efConstruction: 30, efSearch: 50 },
  };
  const index = new GraphIndex(options);
  index.reserve(rowCount);
  for (const vector of vectors) index.add(vector);
  index.publish();
  for (let row = 0; row < rowCount; row += 9) index.remove(row);
  index.publish();
  while (index.tailCount > 0) await new Promise((resolve) => setTimeout(resolve, 1));
  const path = join(directory, name);
  await nodeDisk.makeDirectory(path);
  await index.pauseLinking();
  const { signal } = new AbortController();
  const files = await index
    .image()
    .write({ disk: nodeDisk, directory: path, sealedFiles: new WeakMap(), signal });
  const stored: StoredImage = {
    kind: "graph",
    disk: nodeDisk,
    directory: path,
    name,
    files: new Map(files.map((file) => [file.name, file])),
    sealedFiles: new WeakMap(),
  };
  const hot = { index, options, stored };
  hots.push(hot);
  return hot;
}

interface Opening {
  readonly disk?: Disk;
  readonly clock?: Pick<Clock, "monotonicMs">;
  readonly ownNsMax?: number;
  readonly onDamage?: (error: DamagedFileError) => void;
}

function openInPlace(
  { options, stored }: Hot,
  { disk = nodeDisk, ...opening }: Opening = {},
): Promise<InPlaceIndex> {
  return InPlaceIndex.load(
    { ...options, clock: systemClock, onDamage: () => {}, ...opening },
    { ...stored, disk },
  );
}

/** Any search: of few rows and many, with filters of all densities, and rows of its own. */
const queries: fc.Arbitrary<IndexQuery & { readonly row: number }> = fc
  .record({
    row: fc.nat(rowCount - 1),
    k: fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 100, max: 1_000 })),
    ef: fc.integer({ min: 1, max: 400 }),
    exact: fc.boolean(),
    filtered: fc.option(fc.record({ share: fc.constantFrom(0, 0.001, 0.02, 0.2, 0.9), seed: fc.nat() })),
  })
  .map(({ filtered, ...query }) => {
    if (filtered === null) return query;
    const chance = new SeededRandom(filtered.seed);
    const words = new Uint32Array(Math.ceil(rowCount / 32));
    for (let row = 0; row < rowCount; row++) {
      if (chance.nextFloat() < filtered.share) words[row >>> 5]! |= 1 << (row & 31);
    }
    return { ...query, filter: { words, rowCount } };
  });

const near = (row: number): Float32Array =>
  vectors[row]!.map((component) => component + 0.1 * random.nextGaussian());

/** The kernel's own tests have all others. */
const kinds = [
  { metric: "cosine", codes: "int8" },
  { metric: "dot", codes: "binary" },
  { metric: "l2", codes: "int8" },
] as const;

describe.each(kinds)("an index searched in place, under $metric by $codes codes", ({ metric, codes }) => {
  let making: Promise<Hot>;
  beforeAll(() => {
    making = hotOf(metric, codes);
  });

  it("answers as the one in memory does, to the bit, with the same effort", async () => {
    const hot = await making;
    const index = await openInPlace(hot);
    // As long ones are searched.
    const hotInSlices = await GraphIndex.load({ ...hot.options, ownNsMax: 0 }, hot.stored);
    const inSlices = await openInPlace(hot, { ownNsMax: 0 });
    await fc.assert(
      fc.asyncProperty(queries, async ({ row, ...query }) => {
        const vector = near(row);
        for (const [cold, warm] of [
          [index, hot.index],
          [inSlices, hotInSlices],
        ] as const) {
          expect(await cold.search(vector, query, noDeadline())).toEqual(
            await warm.search(vector, query, noDeadline()),
          );
        }
      }),
      { numRuns: 40 },
    );
    for (const each of [index, inSlices, hotInSlices]) await each.close();
  });

  it("has the same rows, in less memory", async () => {
    const hot = await making;
    const index = await openInPlace(hot);
    for (let row = 0; row < rowCount; row++) {
      expect(index.vectorOf(row)).toEqual(vectors[row]);
      expect(index.isDead(row)).toBe(row % 9 === 0);
    }
    expect(index.aliveRows()).toEqual(hot.index.aliveRows());
    expect(index.deadShare).toBe(hot.index.deadShare);
    expect([index.linkedCount, index.tailCount]).toEqual([rowCount, 0]);
    const { bytes, ...counts } = index.stats();
    const { bytes: hotBytes, ...hotCounts } = hot.index.stats();
    expect(counts).toEqual(hotCounts);
    expect(bytes).toMatchObject({ codes: hotBytes.codes, links: hotBytes.links, vectors: 0 });
    expect(bytes.codes + bytes.links + bytes.bookkeeping).toBe(index.memoryBytes);
    // A checksum of four bytes a row, and of the one that is cut one more.
    const kept = 4 * (rowCount + 1) + 4 * 3 + 3;
    expect(hot.index.memoryBytes - index.memoryBytes).toBe(rowCount * vectorBytes - kept);
    await index.close();
  });

  it("answers many at a time, whatever the disk takes", async () => {
    const hot = await making;
    let ms = 0;
    const slow = await openInPlace(hot, { clock: { monotonicMs: () => ms++ } });
    const asked = Array.from({ length: 40 }, (_, n) => near(n * 50));
    for (const exact of [false, true]) {
      const query = { k: 10, exact };
      const found = await Promise.all(asked.map((vector) => slow.search(vector, query, noDeadline())));
      const expected = asked.map((vector) => hot.index.search(vector, query, noDeadline()));
      expect(found).toEqual(await Promise.all(expected));
    }
    await slow.close();
  });
});

describe("an index searched in place", () => {
  let making: Promise<Hot>;
  beforeAll(() => {
    making = hotOf("l2", "int8");
  });
  const segmentFile = ({ stored }: Hot) => join(stored.directory, "segment-0");
  /** The vectors are the last of the file. */
  const vectorsStart = (bytes: Uint8Array) => bytes.length - segmentRowsMax * vectorBytes;

  /** Flips a bit while the work goes on. */
  async function flipped(hot: Hot, position: number, work: () => Promise<void>): Promise<void> {
    const path = segmentFile(hot);
    const whole = readFileSync(path);
    const broken = Buffer.from(whole);
    broken[position]! ^= 1 << (position & 7);
    writeFileSync(path, broken);
    try {
      await work();
    } finally {
      writeFileSync(path, whole);
    }
  }

  it("finds a flipped bit wherever it is among the vectors, and never answers with it", async () => {
    const hot = await making;
    const start = vectorsStart(readFileSync(segmentFile(hot)));
    await fc.assert(
      fc.asyncProperty(fc.nat(segmentRowsMax * vectorBytes - 1), fc.boolean(), async (at, isRead) => {
        const damages: DamagedFileError[] = [];
        const index = await openInPlace(hot, { onDamage: (error) => damages.push(error) });
        const row = Math.floor(at / vectorBytes);
        // Read once, it is found damaged all the same.
        if (isRead) expect(index.vectorOf(row)).toEqual(vectors[row]);
        await flipped(hot, start + at, async () => {
          const refusal = {
            code: "unavailable",
            message: expect.stringContaining("do not match their checksum"),
          };
          await expect(index.search(near(1), { k: 1, exact: true }, noDeadline())).rejects.toMatchObject(
            refusal,
          );
          expect(damages[0]).toMatchObject({ file: "l2-int8/segment-0" });
          expect(() => index.vectorOf(row)).toThrow("do not match their checksum");
          const vector = near(row);
          const found = await index.search(vector, { k: 3 }, noDeadline()).catch(() => undefined);
          if (found) expect(found).toEqual(await hot.index.search(vector, { k: 3 }, noDeadline()));
        });
        // Once it is what it was, so are the answers.
        const vector = near(row);
        expect(await index.search(vector, { k: 5 }, noDeadline())).toEqual(
          await hot.index.search(vector, { k: 5 }, noDeadline()),
        );
        await index.close();
      }),
      {
        numRuns: 12,
        examples: [
          [blockBytes - 1, true],
          [blockBytes, false],
          [0, false],
        ],
      },
    );
  });

  it("is not opened with a flipped bit anywhere else, cut off, or with another file in its place", async () => {
    const hot = await making;
    const whole = readFileSync(segmentFile(hot));
    await fc.assert(
      fc.asyncProperty(fc.nat(vectorsStart(whole) - 1), async (at) => {
        await flipped(hot, at, async () => {
          await expect(openInPlace(hot)).rejects.toThrow(DamagedFileError);
        });
      }),
      { numRuns: 20 },
    );
    try {
      writeFileSync(segmentFile(hot), whole.subarray(0, -1));
      await expect(openInPlace(hot)).rejects.toThrow("bytes long");
    } finally {
      writeFileSync(segmentFile(hot), whole);
    }
    const other = hots[0]!;
    await expect(
      openInPlace({ ...hot, stored: { ...hot.stored, directory: other.stored.directory } }),
    ).rejects.toThrow(DamagedFileError);
  });

  it("tells of a disk that refuses, and goes on when it does not any more", async () => {
    const hot = await making;
    let isRefused = false;
    const refuse = () => {
      if (isRefused) throw Object.assign(new Error("EIO: i/o error"), { code: "EIO" });
    };
    const disk: Disk = {
      ...nodeDisk,
      openFile: async (path) => {
        const file = await nodeDisk.openFile(path);
        return Object.assign(Object.create(file) as typeof file, {
          size: () => file.size(),
          close: () => file.close(),
          read: async (target: Uint8Array, position: number) => {
            refuse();
            return await file.read(target, position);
          },
          readNow: (target: Uint8Array, position: number) => {
            refuse();
            return file.readNow(target, position);
          },
        });
      },
    };
    const index = await openInPlace(hot, { disk });
    for (const exact of [true, false]) {
      isRefused = true;
      const refusal = {
        code: "unavailable",
        message: "vectors of the collection cannot be read at the moment",
      };
      await expect(index.search(near(1), { k: 5, exact }, noDeadline())).rejects.toMatchObject(refusal);
      expect(() => index.vectorOf(7)).toThrow(refusal.message);
      isRefused = false;
      const vector = near(1);
      expect(await index.search(vector, { k: 5, exact }, noDeadline())).toEqual(
        await hot.index.search(vector, { k: 5, exact }, noDeadline()),
      );
    }
    await index.close();
  });

  it("gives an exact search up when its caller does", async () => {
    const hot = await making;
    const index = await openInPlace(hot);
    const abort = new AbortController();
    const searching = index.search(near(1), { k: 5, exact: true }, noDeadline(abort.signal));
    abort.abort();
    await expect(searching).rejects.toThrow();
    expect((await index.search(near(1), { k: 5, exact: true }, noDeadline())).rows).toHaveLength(5);
    await index.close();
  });

  it("takes no writes", async () => {
    const index = await openInPlace(await making);
    for (const write of [
      () => index.reserve(1),
      () => index.add(),
      () => index.remove(),
      () => index.image(),
    ]) {
      expect(write).toThrow(PromotionNeededError);
    }
    index.publish();
    expect(index.share()).toBeUndefined();
    await index.close();
  });
});

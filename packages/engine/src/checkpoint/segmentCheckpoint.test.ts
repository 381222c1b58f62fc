import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AssertionError, type Metric, metrics, SeededRandom } from "@akidb/base";
import {
  loadKernel,
  quantizations,
  readKernelFiles,
  Segment,
  type SegmentOptions,
  type SegmentQuery,
  segmentFormatVersion,
} from "@akidb/kernel";
import { crc32c } from "@node-rs/crc32";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { nodeDisk } from "../adapters/nodeDisk.ts";
import { Builders } from "../builders/builders.ts";
import { DamagedFileError } from "../damagedFileError.ts";
import { type Fault, faultyDisk } from "../wal/faultyDisk.test.disk.ts";
import { loadSegmentCheckpoint } from "./loadSegmentCheckpoint.ts";
import { writeSegmentCheckpoint } from "./writeSegmentCheckpoint.ts";

const kernel = loadKernel(readKernelFiles());
const dimension = 24;
const file = "checkpoint/7/segment-0";
let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "akidb-checkpoint-"));
  path = join(directory, "segment-0");
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

/** Few links, so that there are several levels. */
const optionsOf = (options: Partial<SegmentOptions> = {}): SegmentOptions => ({
  dimension,
  metric: "cosine",
  quantization: "int8",
  capacity: 2_000,
  linksMax: 6,
  efConstruction: 60,
  seed: 5,
  ...options,
});

const gaussians = (seed: number, count: number, width = dimension): readonly Float32Array[] => {
  const random = new SeededRandom(seed);
  return Array.from({ length: count }, () =>
    Float32Array.from({ length: width }, () => random.nextGaussian()),
  );
};

function addAll(segment: Segment, vectors: readonly Float32Array[]): void {
  for (const vector of vectors) segment.add(vector);
  segment.publish();
}

/** 700 rows, 500 of them linked, dead ones among both. */
function sample(options: Partial<SegmentOptions> = {}): Segment {
  const segment = Segment.create(kernel, optionsOf(options));
  addAll(segment, gaussians(1, 700));
  for (let row = 3; row < 700; row += 40) segment.remove(row);
  segment.link(500);
  for (let row = 5; row < 700; row += 50) segment.remove(row);
  return segment;
}

const write = (segment: Segment, fault: Fault = () => {}, onGraphWritten: () => void = () => {}) =>
  writeSegmentCheckpoint({ disk: faultyDisk(nodeDisk, fault), path, segment, onGraphWritten });

const load = (options: Omit<SegmentOptions, "center"> = optionsOf()) =>
  loadSegmentCheckpoint({ disk: nodeDisk, path, file, kernel, options });

const queries = gaussians(2, 15);
const everyThirdRow = new Uint32Array(Math.ceil(2_000 / 32)).fill(0x4924_9249);
const kinds = (rowCount: number): readonly SegmentQuery[] => [
  { k: 10 },
  { k: 25, ef: 100 },
  { k: 10, filter: { words: everyThirdRow, rowCount } },
  { k: 10, exact: true },
];

/** All that can be asked of a segment. */
const answersOf = (segment: Segment) => ({
  stats: segment.stats(),
  unclaimedCount: segment.unclaimedCount,
  rows: Array.from({ length: segment.rowCount }, (_, row) => [segment.isDead(row), segment.vectorOf(row)]),
  found: queries.flatMap((query) => kinds(segment.rowCount).map((kind) => segment.search(query, kind))),
});

function recallOf(segment: Segment): number {
  const shares = queries.map((query) => {
    const best = new Set(segment.search(query, { k: 10, exact: true }).rows);
    return [...segment.search(query, { k: 10, ef: 200 }).rows].filter((row) => best.has(row)).length / 10;
  });
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}

describe("a segment's checkpoint", () => {
  const cases = metrics.flatMap((metric) => quantizations.map((quantization) => ({ metric, quantization })));

  it.each(cases)("answers to the bit as before, and is linked further: %o", async (shape) => {
    const segment = sample(shape);
    expect(segment.stats().nodesByLevel.length).toBeGreaterThan(2);
    const written = await write(segment);
    expect(written).toEqual({
      rowCount: 700,
      linkedCount: 500,
      fileBytes: readFileSync(path).length,
      checksum: crc32c(readFileSync(path)),
    });
    expect(readdirSync(directory)).toEqual(["segment-0"]);
    const loaded = await load(optionsOf(shape));
    expect(loaded.options).toEqual(segment.options);
    expect(answersOf(loaded)).toEqual(answersOf(segment));

    for (const each of [segment, loaded]) {
      addAll(each, gaussians(3, 300));
      expect(each.link(1_000)).toBe(500);
    }
    expect(answersOf(loaded)).toEqual(answersOf(segment));
    expect(loaded.stats().tail).toBe(0);
    expect(recallOf(loaded)).toBeGreaterThanOrEqual(shape.quantization === "binary" ? 0.6 : 0.95);
  });

  it.each([
    ["that is empty", () => Segment.create(kernel, optionsOf())],
    ["without a graph", () => rowsOf(33)],
    ["of zeros", () => rowsOf(10, () => new Float32Array(dimension))],
    ["with a centre", () => rowsOf(300, undefined, { center: new Float32Array(dimension).fill(0.25) })],
    ["of which every row is dead", () => deadRows(64)],
    ["that is full", () => rowsOf(32, undefined, { capacity: 32 })],
  ])("can be one %s", async (_, make) => {
    const segment = make();
    await write(segment);
    const loaded = await load(segment.options);
    expect(loaded.options).toEqual(segment.options);
    expect(answersOf(loaded)).toEqual(answersOf(segment));
    for (const each of [segment, loaded]) each.link(2_000);
    expect(answersOf(loaded)).toEqual(answersOf(segment));
  });

  it("takes several blocks where a region is long", async () => {
    const options = optionsOf({ dimension: 128, capacity: 3_000 });
    const vectors = gaussians(4, 3_000, 128);
    const segment = Segment.create(kernel, options);
    addAll(segment, vectors);
    expect((await write(segment)).fileBytes).toBeGreaterThan(3_000 * 128 * 5);
    const loaded = await load(options);
    for (const [row, vector] of vectors.entries()) expect(loaded.vectorOf(row)).toEqual(vector);
  });

  it("is of the moment it was begun, while rows are added, removed, and searched for", async () => {
    const segment = sample();
    const before = answersOf(segment);
    let writes = 0;
    await write(segment, (operation) => {
      if (operation !== "write") return;
      addAll(segment, gaussians(10 + writes, 3));
      segment.remove(writes);
      segment.remove(700 + writes);
      segment.search(queries[0]!, { k: 10 });
      writes += 1;
    });
    expect(writes).toBeGreaterThan(5);
    expect(answersOf(await load())).toEqual(before);
  });

  it("leaves out what is not published yet", async () => {
    const segment = sample();
    const before = answersOf(segment);
    for (const vector of gaussians(6, 10)) segment.remove(segment.add(vector));
    await write(segment);
    expect(answersOf(await load())).toEqual(before);
  });

  it("lets builders go on once the graph is written, and refuses to go on with them before", async () => {
    const segment = sample();
    const before = answersOf(segment);
    let isGraphWritten = false;
    const onGraphWritten = () => {
      isGraphWritten = true;
    };
    await write(segment, () => isGraphWritten && segment.link(20), onGraphWritten);
    expect(segment.linkedCount).toBeGreaterThan(500);
    expect(answersOf(await load())).toEqual(before);

    const linking = write(segment, (operation) => operation === "write" && segment.link(1));
    await expect(linking).rejects.toThrow(AssertionError);
    expect(readdirSync(directory)).toEqual(["segment-0"]);
    expect(answersOf(await load())).toEqual(before);
  });

  it("is written between turns of builders, and linked by others when it is loaded", async () => {
    const builders = new Builders({ threadCount: 2 });
    const { promise: lost, reject } = Promise.withResolvers<never>();
    const link = (segment: Segment) => builders.link(segment, () => reject(new Error("a builder died")));
    const until = async (isDone: () => boolean) => {
      while (!isDone()) await Promise.race([lost, new Promise((resolve) => setTimeout(resolve, 1))]);
    };
    try {
      const segment = Segment.create(kernel, optionsOf());
      addAll(segment, gaussians(1, 2_000));
      link(segment);
      await until(() => segment.linkedCount > 0);
      await builders.forget(segment);
      const { linkedCount } = await write(segment);
      const loaded = await load();
      expect(loaded.linkedCount).toBe(linkedCount);
      link(loaded);
      await until(() => loaded.linkedCount === 2_000);
      await builders.forget(loaded);
      expect(recallOf(loaded)).toBeGreaterThanOrEqual(0.95);
    } finally {
      await builders.close();
    }
  });

  it("may come between any two steps of a segment's life", async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant("add" as const), count: fc.integer({ min: 1, max: 80 }) }),
      fc.record({ kind: fc.constant("link" as const), count: fc.integer({ min: 1, max: 80 }) }),
      fc.record({ kind: fc.constant("remove" as const), count: fc.integer({ min: 0, max: 2_000 }) }),
      fc.record({ kind: fc.constant("reload" as const), count: fc.constant(0) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...cases), fc.array(step, { maxLength: 20 }), async (shape, steps) => {
        const segment = Segment.create(kernel, optionsOf(shape));
        let reloaded = Segment.create(kernel, optionsOf(shape));
        for (const [index, { kind, count }] of steps.entries()) {
          if (kind === "reload") {
            await write(reloaded);
            reloaded.close();
            reloaded = await load(optionsOf(shape));
            continue;
          }
          for (const each of [segment, reloaded]) {
            if (kind === "add") addAll(each, gaussians(100 + index, count));
            else if (kind === "link") each.link(count);
            else if (each.rowCount > 0) each.remove(count % each.rowCount);
          }
        }
        expect(answersOf(reloaded)).toEqual(answersOf(segment));
      }),
      { numRuns: 15 },
    );
  });
});

function rowsOf(
  count: number,
  make: (row: number) => Float32Array = (row) => gaussians(row, 1)[0]!,
  options: Partial<SegmentOptions> = {},
): Segment {
  const segment = Segment.create(kernel, optionsOf(options));
  addAll(
    segment,
    Array.from({ length: count }, (_, row) => make(row)),
  );
  return segment;
}

function deadRows(count: number): Segment {
  const segment = rowsOf(count);
  for (let row = 0; row < count; row++) segment.remove(row);
  return segment;
}

describe("a file that is not what was written", () => {
  const expectDamaged = async (reason: string | RegExp, options = optionsOf()) => {
    const failure = await load(options).then(
      () => expect.fail("the file was loaded"),
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(DamagedFileError);
    expect(failure).toMatchObject({ file, message: expect.stringMatching(reason) });
  };
  /** Where the parts of a file are, read as its format's table has it. */
  const partsOf = (bytes: Buffer) => {
    const regionCount = bytes.readUInt32LE(84);
    const headerBytes = bytes.readUInt32LE(12);
    let position = headerBytes;
    const regions = Array.from({ length: regionCount }, (_, index) => {
      const length = bytes.readUInt32LE(92 + 8 * index + 4);
      position += length;
      return { position: position - length, length };
    });
    return { headerBytes, regions };
  };
  const sealHeader = (bytes: Buffer) => {
    const { headerBytes } = partsOf(bytes);
    const before = crc32c(bytes.subarray(0, 16));
    bytes.writeUInt32LE(crc32c(bytes.subarray(20, headerBytes), before), 16);
  };

  it("is refused by name, whichever region has a flipped bit", async () => {
    await write(sample());
    const whole = readFileSync(path);
    const { regions } = partsOf(whole);
    expect(regions).toHaveLength(10);
    for (const { position, length } of regions) {
      for (const at of [position, position + (length >>> 1), position + length - 1]) {
        const bytes = Buffer.from(whole);
        bytes[at]! ^= 0x10;
        writeFileSync(path, bytes);
        await expectDamaged("do not match their checksum");
      }
    }
  });

  it("is refused, whichever byte of its header is another", async () => {
    await write(sample());
    const whole = readFileSync(path);
    for (let at = 0; at < partsOf(whole).headerBytes; at++) {
      const bytes = Buffer.from(whole);
      bytes[at]! ^= 1 << (at & 7);
      writeFileSync(path, bytes);
      await expectDamaged("checkpoint|header");
    }
  });

  it("is refused where it ends too early or too late", async () => {
    const options = optionsOf({ dimension: 128, capacity: 3_000 });
    const segment = Segment.create(kernel, options);
    addAll(segment, gaussians(4, 3_000, 128));
    segment.link(10);
    await write(segment);
    const whole = readFileSync(path);
    const { headerBytes, regions } = partsOf(whole);
    const blockStarts = regions.flatMap(({ position, length }) =>
      Array.from({ length: Math.ceil(length / 2 ** 20) }, (_, index) => position + index * 2 ** 20),
    );
    expect(blockStarts.length).toBeGreaterThan(10);
    truncateSync(path, whole.length - 1);
    await expectDamaged("bytes long", options);
    for (const size of [...blockStarts.reverse(), headerBytes - 1, 19, 0]) {
      truncateSync(path, size);
      await expectDamaged("bytes long|header|begin", options);
    }
    writeFileSync(path, Buffer.concat([whole, new Uint8Array(1)]));
    await expectDamaged("bytes long", options);
  });

  it("is refused where it ends while it is read", async () => {
    await write(sample());
    const { length } = readFileSync(path);
    truncateSync(path, length - 1_000);
    const disk = {
      ...nodeDisk,
      openFile: async (name: string) => {
        const opened = await nodeDisk.openFile(name);
        return Object.assign(opened, { size: async () => length });
      },
    };
    const loading = loadSegmentCheckpoint({ disk, path, file, kernel, options: optionsOf() });
    await expect(loading).rejects.toThrow(DamagedFileError);
  });

  it.each([
    ["a newer checkpoint format", 8, 2, "in checkpoint format 2 by a newer AkiDB"],
    ["a newer segment format", 20, segmentFormatVersion + 1, "of a newer AkiDB"],
    ["an older segment format", 20, segmentFormatVersion - 1, "no longer read"],
    ["an unknown metric", 24, 99, "header"],
    ["blocks of nothing", 80, 0, "header"],
    ["an unknown region", 92, 11, "header"],
    ["more linked rows than rows", 52, 701, "cannot be"],
    ["more rows than its capacity", 48, 2_001, "cannot be"],
    ["upper lists elsewhere", 72, 4_096, "cannot be"],
    ["rows that its regions do not hold", 48, 701, "regions"],
    ["its regions in another order", 92, 2, "regions"],
    ["another length of blocks", 80, 4_096, "regions"],
  ])("is refused with %s, though its checksums hold", async (_, offset, value, reason) => {
    await write(sample());
    const bytes = readFileSync(path);
    bytes.writeUInt32LE(value, offset);
    sealHeader(bytes);
    writeFileSync(path, bytes);
    await expectDamaged(reason);
  });

  it.each<[Partial<SegmentOptions>, string]>([
    [{ dimension: 25 }, "dimension 24, not 25"],
    [{ metric: "dot" satisfies Metric }, "metric cosine, not dot"],
    [{ quantization: "none" }, "quantization int8, not none"],
    [{ capacity: 1_999 }, "capacity 2000, not 1999"],
    [{ linksMax: 7 }, "linksMax 6, not 7"],
    [{ efConstruction: 61 }, "efConstruction 60, not 61"],
    [{ seed: 6 }, "seed 5, not 6"],
  ])("is refused for a segment with %o", async (options, reason) => {
    await write(sample());
    await expectDamaged(reason, optionsOf(options));
  });
});

describe("a failing disk", () => {
  it.each(["createFile", "write", "sync", "rename"] as const)(
    "leaves nothing of a checkpoint whose %s failed, and the one before as it was",
    async (operation) => {
      const segment = sample();
      const attempts = operation === "write" ? [1, 2, 5, 11] : [1];
      for (const failing of attempts) {
        let attempted = 0;
        const fault: Fault = (each) => {
          if (each === operation && ++attempted === failing) throw new Error("EIO");
        };
        await expect(write(segment, fault)).rejects.toThrow("EIO");
        expect(readdirSync(directory)).toEqual([]);
      }
      await write(segment);
      const before = answersOf(segment);
      addAll(segment, gaussians(8, 10));
      const fault: Fault = (each) => {
        if (each === operation) throw new Error("EIO");
      };
      await expect(write(segment, fault)).rejects.toThrow("EIO");
      expect(readdirSync(directory)).toEqual(["segment-0"]);
      expect(answersOf(await load())).toEqual(before);
    },
  );

  it("is synced before the file has its name, and the name before it counts", async () => {
    const operations: string[] = [];
    const disk = {
      ...faultyDisk(nodeDisk, (operation) => operations.push(operation)),
      syncDirectory: async (name: string) => {
        operations.push(`syncDirectory ${name}`);
        await nodeDisk.syncDirectory(name);
      },
    };
    await writeSegmentCheckpoint({ disk, path, segment: sample() });
    const last = operations.slice(operations.lastIndexOf("write") + 1);
    expect(last).toEqual(["sync", "rename", `syncDirectory ${directory}`]);
  });

  it("that was cut off in the middle does not hinder the next checkpoint, which replaces the last", async () => {
    const segment = sample();
    await write(segment);
    writeFileSync(`${path}.tmp`, "half");
    addAll(segment, gaussians(8, 10));
    await write(segment);
    expect(readdirSync(directory)).toEqual(["segment-0"]);
    expect(answersOf(await load())).toEqual(answersOf(segment));
  });
});

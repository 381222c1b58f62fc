import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CollectionId, SeededRandom, systemClock, systemRandom, UuidV7Generator } from "@akidb/base";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { nodeDisk } from "../adapters/nodeDisk.ts";
import { DamagedFileError } from "../damagedFileError.ts";
import type { Disk } from "../disk/disk.ts";
import type { ClosedSegment } from "./closedSegments.ts";
import { faultyDisk } from "./faultyDisk.test.disk.ts";
import type { UnsealedRecord } from "./openSegment.ts";
import { createWal, type OpenWalOptions, openWal } from "./openWal.ts";
import { allocateRecord, recordHeaderBytes, recordTypes } from "./recordFormat.ts";
import { segmentHeaderBytes } from "./segmentHeader.ts";
import type { WalWriterOptions } from "./walWriter.ts";

type Options = Partial<Pick<OpenWalOptions, "fromLsn" | "sync" | "syncIntervalMs" | "segmentBytesMax">> &
  Partial<Pick<WalWriterOptions, "clock" | "retentionMs" | "onSegmentClosed">>;

const collectionId = "01890000-0000-7000-8000-000000000001" as CollectionId;
const ids = new UuidV7Generator(systemClock, systemRandom);
const base = { sync: "always" as const, syncIntervalMs: 5, segmentBytesMax: 1 << 20 };
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "akidb-wal-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

function record(text: string): UnsealedRecord {
  const bytes = Buffer.from(text);
  const { record, payload } = allocateRecord(bytes.length);
  payload.set(bytes);
  return { type: recordTypes.upsert, record, payloadBytes: bytes.length };
}

const files = (disk: Disk = nodeDisk) => ({ disk, directory, collectionId, clock: systemClock, ids });

async function open(options: Options = {}, disk: Disk = nodeDisk) {
  const payloads: string[] = [];
  const opened = await openWal({
    ...files(disk),
    ...base,
    ...options,
    apply: ({ payload }) => {
      payloads.push(Buffer.from(payload).toString());
    },
  });
  return { ...opened, payloads };
}

async function write(groups: readonly (readonly string[])[], options: Options = {}) {
  const { wal } = await open(options);
  for (const group of groups) await wal.append(group.map(record));
  await wal.close();
}

const segments = () => readdirSync(directory).sort();
const newestSegment = () => join(directory, segments().at(-1)!);

describe("write-ahead log", () => {
  it("gives back what was appended, in order, across reopening and segments", async () => {
    await createWal(files());
    await write([["a", "b"], ["c"]], { segmentBytesMax: 1 });
    await write([["", "é".repeat(5_000)]]);
    const { payloads, wal, recovery } = await open();
    expect(payloads).toEqual(["a", "b", "c", "", "é".repeat(5_000)]);
    expect(recovery).toEqual({ recordCount: 5, tornBytes: 0, coveredDamage: [] });
    expect(wal.lastLsn).toBe(5);
    expect(segments()).toHaveLength(2);
    expect(wal.bytes).toBe(
      segments().reduce((sum, name) => sum + readFileSync(join(directory, name)).length, 0),
    );
    await wal.close();
  });

  it("holds records larger than its reading window", async () => {
    await createWal(files());
    const large = "x".repeat(9 * 1024 * 1024 + 3);
    await write([["before", large, "after"]]);
    const { payloads, wal } = await open();
    expect(payloads.map((payload) => payload.length)).toEqual([6, large.length, 5]);
    await wal.close();
  });

  it.each(["always", "interval", "never"] as const)(
    "keeps everything after a close with sync %s",
    async (sync) => {
      await createWal(files());
      await write([["a"], ["b"], ["c"]], { sync, segmentBytesMax: 100 });
      const { payloads, wal } = await open({ sync });
      expect(payloads).toEqual(["a", "b", "c"]);
      await wal.close();
    },
  );

  it("does not write over an existing log", async () => {
    await createWal(files());
    await expect(createWal(files())).rejects.toThrow("there is a log already: 00000000000000000001.wal");
  });
});

describe("a log that a checkpoint covers in part", () => {
  /** Segments of two records each: LSN 1 and 2, 3 and 4, … */
  const writePairs = async (pairs: number) => {
    await createWal(files());
    await write(
      Array.from({ length: pairs }, (_, n) => [`${2 * n + 1}`, `${2 * n + 2}`]),
      { segmentBytesMax: 1 },
    );
  };

  it("is replayed from the LSN that is asked for, without a look into segments below", async () => {
    await writePairs(3);
    writeFileSync(join(directory, segments()[0]!), "nobody reads this");
    for (const [fromLsn, payloads] of [
      [3, ["3", "4", "5", "6"]],
      [4, ["4", "5", "6"]],
      [6, ["6"]],
      [7, []],
    ] as const) {
      const opened = await open({ fromLsn });
      expect(opened.payloads).toEqual(payloads);
      expect(opened.recovery.recordCount).toBe(payloads.length);
      expect(opened.wal.lastLsn).toBe(6);
      await opened.wal.close();
    }
    const opened = await open({ fromLsn: 7 });
    await opened.wal.append([record("7")]);
    await opened.wal.close();
    const after = await open({ fromLsn: 7 });
    expect(after.payloads).toEqual(["7"]);
    await after.wal.close();
  });

  it("is damaged where it ends before, or begins behind", async () => {
    await writePairs(2);
    await expect(open({ fromLsn: 6 })).rejects.toThrow("ends at LSN 4, though LSN 5 was durable in it");
    rmSync(join(directory, segments()[0]!));
    await expect(open({ fromLsn: 2 })).rejects.toThrow(
      "wal/00000000000000000002.wal: or one before is missing: the oldest is wal/00000000000000000003.wal",
    );
    const opened = await open({ fromLsn: 3 });
    expect(opened.payloads).toEqual(["3", "4"]);
    await opened.wal.close();
  });

  it("gives up closed segments whose records are all covered, and counts what it keeps", async () => {
    await writePairs(4);
    const { wal } = await open({ segmentBytesMax: 1 });
    await wal.release(3);
    expect(segments()).toHaveLength(3);
    await wal.release(8);
    // The newest stays: it is written to.
    expect(segments()).toEqual(["00000000000000000007.wal"]);
    await wal.append([record("9")]);
    await wal.release(9);
    expect(segments()).toEqual(["00000000000000000009.wal"]);
    expect(wal.bytes).toBe(readFileSync(newestSegment()).length);
    await wal.close();
    const after = await open({ fromLsn: 9 });
    expect(after.payloads).toEqual(["9"]);
    await after.wal.close();
  });

  it("keeps covered segments for their time", async () => {
    let nowMs = 1_000;
    const clock = { ...systemClock, nowMs: () => nowMs };
    await createWal({ ...files(), clock });
    const { wal } = await open({ segmentBytesMax: 1, retentionMs: 100, clock });
    await wal.append([record("1")]);
    nowMs = 1_050;
    await wal.append([record("2")]);
    nowMs = 1_090;
    await wal.append([record("3")]);
    nowMs = 1_149;
    await wal.release(3);
    expect(segments()).toHaveLength(3);
    nowMs = 1_150;
    await wal.release(3);
    expect(segments()).toHaveLength(2);
    await wal.close();
    nowMs = 1_190;
    const after = await open({ fromLsn: 4, retentionMs: 100, clock });
    await after.wal.release(3);
    expect(segments()).toEqual(["00000000000000000003.wal"]);
    await after.wal.close();
  });

  it("lets no segment go that could not be handed over", async () => {
    await writePairs(1);
    const handed: ClosedSegment[] = [];
    let failing = true;
    const onSegmentClosed = async (segment: ClosedSegment) => {
      if (failing) throw new Error("the archive is away");
      handed.push(segment);
    };
    const { wal } = await open({ segmentBytesMax: 1, onSegmentClosed });
    await wal.append([record("3")]);
    await wal.append([record("4")]);
    await wal.release(4);
    expect(segments()).toHaveLength(3);
    failing = false;
    const bytes = segments().map((name) => readFileSync(join(directory, name)).length);
    await wal.release(2);
    await wal.release(3);
    expect(handed).toMatchObject([
      { name: "00000000000000000001.wal", firstLsn: 1, lastLsn: 2, bytes: bytes[0] },
      { name: "00000000000000000003.wal", firstLsn: 3, lastLsn: 3, bytes: bytes[1] },
    ]);
    for (const { createdAtMs, closedAtMs } of handed) expect(closedAtMs).toBeGreaterThanOrEqual(createdAtMs!);
    expect(segments()).toEqual(["00000000000000000004.wal"]);
    await wal.close();
  });

  it("hands over what earlier runs closed at the first release, however long it stays", async () => {
    await writePairs(3);
    const handed: string[] = [];
    const onSegmentClosed = async ({ name }: ClosedSegment) => {
      handed.push(name);
    };
    const { wal } = await open({ onSegmentClosed, retentionMs: 1_000_000 });
    await wal.release(0);
    await wal.release(6);
    expect(handed).toEqual(segments().slice(0, 2));
    expect(segments()).toHaveLength(3);
    await wal.close();
  });

  it("goes on removing after a removal that failed half-way", async () => {
    await writePairs(3);
    let failing = true;
    const disk: Disk = {
      ...nodeDisk,
      remove: async (path) => {
        await nodeDisk.remove(path);
        if (failing) throw new Error("EIO");
      },
    };
    const { wal } = await open({}, disk);
    await expect(wal.release(6)).rejects.toThrow("EIO");
    failing = false;
    await wal.release(6);
    expect(segments()).toHaveLength(1);
    await wal.close();
  });

  it("knows how much lies behind an LSN", async () => {
    await createWal(files());
    const large = "x".repeat(300 * 1024);
    const recordBytes = recordHeaderBytes + large.length;
    await write([[large], [large], [large]]);
    const { wal } = await open({ fromLsn: 2 });
    expect(wal.bytesSince(1)).toBe(2 * recordBytes);
    expect(wal.bytesSince(2)).toBe(recordBytes);
    await wal.append([record(large)]);
    await wal.append([record("small")]);
    expect(wal.bytesSince(3)).toBe(recordBytes + recordHeaderBytes + 8);
    await wal.release(3);
    expect(wal.bytesSince(3)).toBe(recordBytes + recordHeaderBytes + 8);
    expect(wal.bytesSince(4)).toBe(recordHeaderBytes + 8);
    expect(wal.bytesSince(5)).toBeLessThanOrEqual(recordHeaderBytes + 8);
    await wal.close();
  });

  it("is durable after a sync, whatever its mode", async () => {
    await createWal(files());
    let syncs = 0;
    const disk = faultyDisk(nodeDisk, (operation) => {
      if (operation === "sync") syncs += 1;
    });
    const { wal } = await open({ sync: "never" }, disk);
    await wal.append([record("a")]);
    const before = syncs;
    await wal.sync();
    expect(syncs).toBe(before + 1);
    await wal.sync();
    expect(syncs).toBe(before + 1);
    await wal.close();
  });
});

describe("a torn tail", () => {
  it("ends the log at the last whole record, wherever the file was cut", async () => {
    await createWal(files());
    await write([["first"], ["second", "third"]]);
    const whole = readFileSync(newestSegment());
    const recordBytes = recordHeaderBytes + 8;
    for (let size = segmentHeaderBytes; size <= whole.length; size++) {
      writeFileSync(newestSegment(), whole.subarray(0, size));
      const { payloads, wal, recovery } = await open();
      const kept = Math.floor((size - segmentHeaderBytes) / recordBytes);
      expect(payloads).toEqual(["first", "second", "third"].slice(0, kept));
      expect(recovery.tornBytes).toBe((size - segmentHeaderBytes) % recordBytes);
      await wal.append([record("next")]);
      await wal.close();
      const after = await open();
      expect(after.payloads).toEqual([...payloads, "next"]);
      await after.wal.close();
    }
  });

  it.each([0, 1, 17, segmentHeaderBytes - 1])(
    "may be a segment cut at byte %i of its creation",
    async (size) => {
      await createWal(files());
      await write([["a"]]);
      writeFileSync(join(directory, "00000000000000000002.wal"), new Uint8Array(size));
      const { payloads, wal } = await open();
      expect(payloads).toEqual(["a"]);
      await wal.append([record("b")]);
      await wal.close();
      const after = await open();
      expect(after.payloads).toEqual(["a", "b"]);
      await after.wal.close();
    },
  );

  it("may have whole records of the same unsynced group behind the bad one", async () => {
    await createWal(files());
    await write([["durable"], ["torn", "whole", "whole"]]);
    const bytes = readFileSync(newestSegment());
    bytes.fill(0, segmentHeaderBytes + 32, segmentHeaderBytes + 64);
    writeFileSync(newestSegment(), bytes);
    const { payloads, wal, recovery } = await open();
    expect(payloads).toEqual(["durable"]);
    expect(recovery.tornBytes).toBe(96);
    await wal.close();
  });

  it("does not come back: bytes of a segment with another salt are no records", async () => {
    await createWal(files());
    await write([["a"], ["b"]]);
    const old = readFileSync(newestSegment()).subarray(segmentHeaderBytes + 32);
    rmSync(newestSegment());
    await createWal(files());
    await write([["x"]]);
    writeFileSync(newestSegment(), Buffer.concat([readFileSync(newestSegment()), old]));
    const { payloads, wal, recovery } = await open();
    expect(payloads).toEqual(["x"]);
    expect(recovery.tornBytes).toBe(old.length);
    await wal.close();
  });
});

describe("damage", () => {
  const seed = 20_260_131;

  it(`is found wherever a byte of a durable record flips (seed ${seed})`, async () => {
    await createWal(files());
    await write([["one"], ["two"], ["three"], ["four"]]);
    const whole = readFileSync(newestSegment());
    const random = new SeededRandom(seed);
    // The last record has none behind it that proves it was durable: its loss looks like a torn tail.
    for (let position = 0; position < whole.length - 32; position++) {
      const bytes = Buffer.from(whole);
      bytes[position]! ^= 1 << random.nextInt(8);
      writeFileSync(newestSegment(), bytes);
      const outcome = await open().then(
        async ({ payloads, wal }) => {
          await wal.close();
          return payloads;
        },
        (error: unknown) => error,
      );
      // Padding behind a payload is not covered by the checksum, and carries nothing.
      if (Array.isArray(outcome)) expect(outcome).toEqual(["one", "two", "three", "four"]);
      else expect(outcome).toBeInstanceOf(DamagedFileError);
    }
  });

  it("names the file", async () => {
    await createWal(files());
    await write([["a"], ["b"], ["c"]], { segmentBytesMax: 1 });
    const [first] = segments();
    truncateSync(join(directory, first!), 70);
    await expect(open()).rejects.toThrow(`wal/${first}: a bad record in a segment that was completed`);
  });

  it("tells which records are missing", async () => {
    await createWal(files());
    await write([["1"], ["2"], ["3"], ["4"]]);
    await write([["5"], ["6"]], { segmentBytesMax: 1 });
    const [first] = segments();
    const bytes = readFileSync(join(directory, first!));
    // LSN 2 and 3, of 32 bytes each.
    bytes.fill(0xff, segmentHeaderBytes + 40, segmentHeaderBytes + 70);
    writeFileSync(join(directory, first!), bytes);
    await expect(open()).rejects.toMatchObject({
      file: `wal/${first}`,
      missing: { firstLsn: 2, lastLsn: 3 },
      message: expect.stringContaining("(LSN 2 to 3 missing)"),
    });
    rmSync(join(directory, first!));
    const { payloads, wal } = await open({ fromLsn: 5 });
    expect(payloads).toEqual(["5", "6"]);
    await wal.close();
  });

  it.each([
    { name: "a closed segment", closed: true },
    { name: "the newest segment", closed: false },
  ])("below what a checkpoint covers costs nothing, in $name", async ({ closed }) => {
    await createWal(files());
    await write([["1"], ["2"], ["3"], ["4"]]);
    if (closed) await write([["5"]], { segmentBytesMax: 1 });
    const [first] = segments();
    const bytes = readFileSync(join(directory, first!));
    // The length of LSN 2, so that nobody can tell where LSN 3 begins.
    bytes.writeUInt32LE(0xffff, segmentHeaderBytes + 32);
    writeFileSync(join(directory, first!), bytes);
    for (const fromLsn of [3, 4]) {
      const opened = await open({ fromLsn });
      expect(opened.payloads).toEqual(["3", "4", ...(closed ? ["5"] : [])].slice(fromLsn - 3));
      expect(opened.recovery.coveredDamage).toEqual([{ file: `wal/${first}`, firstLsn: 2, lastLsn: 2 }]);
      await opened.wal.close();
    }
    for (const fromLsn of [1, 2]) {
      await expect(open({ fromLsn })).rejects.toMatchObject({ missing: { firstLsn: 2, lastLsn: 2 } });
    }
  });

  it("is proved by a record far behind, itself larger than what is read at once", async () => {
    await createWal(files());
    const groups = [["bad"], ["x".repeat(2_500_001)], ["y".repeat(1_500_000)]];
    await write(groups, { segmentBytesMax: 1 << 30 });
    const bytes = readFileSync(newestSegment());
    bytes[segmentHeaderBytes + 24]! ^= 1;
    writeFileSync(newestSegment(), bytes);
    await expect(open()).rejects.toThrow("though LSN 2 behind it holds");
    // The witness goes as well: the next one is 2.5 MB away.
    bytes[segmentHeaderBytes + 32 + 24]! ^= 1;
    writeFileSync(newestSegment(), bytes);
    await expect(open()).rejects.toThrow("though LSN 3 behind it holds");
  });

  it("is told from a torn tail by what a checkpoint knows was durable", async () => {
    await createWal(files());
    await write([["1"], ["2"]]);
    truncateSync(newestSegment(), segmentHeaderBytes + 40);
    await expect(open({ fromLsn: 3 })).rejects.toThrow(DamagedFileError);
    const { wal, payloads } = await open({ fromLsn: 2 });
    expect(payloads).toEqual([]);
    await wal.close();
  });

  it.each([0, 8, 12, 16, 32, 40, 48, 52, 56])(
    "is a flipped bit at byte %i of any segment's header",
    async (at) => {
      await createWal(files());
      await write([["1"], ["2"], ["3"]], { segmentBytesMax: 1 });
      for (const name of segments()) {
        const whole = readFileSync(join(directory, name));
        const bytes = Buffer.from(whole);
        bytes[at]! ^= 4;
        writeFileSync(join(directory, name), bytes);
        await expect(open()).rejects.toThrow(`wal/${name}: the segment's header fails its checksum`);
        writeFileSync(join(directory, name), whole);
      }
    },
  );

  it("leaves the file as it is", async () => {
    await createWal(files());
    await write([["a"], ["b"]]);
    const bytes = readFileSync(newestSegment());
    bytes[segmentHeaderBytes + 4]! ^= 1;
    writeFileSync(newestSegment(), bytes);
    await expect(open()).rejects.toThrow(DamagedFileError);
    expect(readFileSync(newestSegment())).toEqual(bytes);
  });

  it("is a missing segment", async () => {
    await createWal(files());
    await write([["a"], ["b"], ["c"]], { segmentBytesMax: 1 });
    rmSync(join(directory, segments()[1]!));
    await expect(open()).rejects.toThrow(/is missing before/);
    for (const name of segments()) rmSync(join(directory, name));
    await expect(open()).rejects.toThrow("wal: has no segment");
  });

  it("is a segment of another place", async () => {
    await createWal(files());
    await write([["a"]]);
    copyFileSync(newestSegment(), join(directory, "00000000000000000002.wal"));
    await expect(open()).rejects.toThrow(/starts at LSN 1, not 2/);
  });

  it("is a format of a newer version", async () => {
    await createWal(files());
    const bytes = readFileSync(newestSegment());
    // A whole header of format 3, as a newer AkiDB would leave it.
    const { crc32c } = await import("@node-rs/crc32");
    bytes.writeUInt32LE(3, 8);
    bytes.writeUInt32LE(crc32c(bytes.subarray(16, 64), crc32c(bytes.subarray(0, 12))), 12);
    writeFileSync(newestSegment(), bytes);
    await expect(open()).rejects.toThrow(/segment format 3 by a newer AkiDB/);
  });
});

describe("a failing disk", () => {
  const enospc = Object.assign(new Error("ENOSPC"), { code: "ENOSPC" });

  it.each(["write", "sync", "createFile"] as const)(
    "refuses what a failed %s left behind, and goes on when it works again",
    async (operation) => {
      await createWal(files());
      let failuresLeft = 0;
      const disk = faultyDisk(nodeDisk, (attempted) => {
        if (attempted === operation && failuresLeft-- > 0) throw enospc;
      });
      const { wal } = await open({ segmentBytesMax: 1 }, disk);
      await wal.append([record("a")]);
      failuresLeft = 1;
      await expect(wal.append([record("b")])).rejects.toMatchObject({
        name: "WalFailure",
        reason: "the disk is full",
        mayReappear: false,
      });
      expect(wal.failure).toBeUndefined();
      await wal.append([record("c")]);
      expect(wal.lastLsn).toBe(2);
      await wal.close();
      const after = await open();
      expect(after.payloads).toEqual(["a", "c"]);
      await after.wal.close();
    },
  );

  it("is tried again until it works", async () => {
    await createWal(files());
    let failing = false;
    const disk = faultyDisk(nodeDisk, () => {
      if (failing) throw enospc;
    });
    const { wal } = await open({}, disk);
    await wal.append([record("a")]);
    failing = true;
    await expect(wal.append([record("b")])).rejects.toMatchObject({ mayReappear: true });
    await expect(wal.append([record("c")])).rejects.toMatchObject({ mayReappear: false });
    expect(wal.failure?.reason).toBe("the disk is full");
    failing = false;
    while (wal.failure !== undefined) await new Promise((resolve) => setTimeout(resolve, 5));
    await wal.append([record("d")]);
    await wal.close();
    const after = await open();
    expect(after.payloads).toEqual(["a", "d"]);
    await after.wal.close();
  });

  it("never sees a second sync of a file after a failed one", async () => {
    await createWal(files());
    const synced: string[] = [];
    const failed = new Set<string>();
    let failing = false;
    const disk = faultyDisk(nodeDisk, (operation, path) => {
      if (operation !== "sync") return;
      expect(failed).not.toContain(path);
      synced.push(path);
      if (!failing) return;
      failed.add(path);
      failing = false;
      throw new Error("EIO");
    });
    const { wal } = await open({ sync: "never" }, disk);
    for (const text of ["a", "b"]) await wal.append([record(text)]);
    await wal.sync();
    for (const text of ["c", "d"]) await wal.append([record(text)]);
    failing = true;
    await wal.sync();
    expect(failed.size).toBe(1);
    await wal.append([record("e")]);
    await wal.close();
    const bytes = segments().map((name) => readFileSync(join(directory, name)).toString("latin1"));
    // What was acknowledged and perhaps not on the device is in the new file as well.
    expect(bytes[1]).toMatch(/c.*d.*e/s);
    const after = await open();
    expect(after.payloads).toEqual(["a", "b", "c", "d", "e"]);
    await after.wal.close();
  });

  it("makes the log go on in a copy where the newest segment cannot be synced at its opening", async () => {
    await createWal(files());
    await write([["a"], ["b"]]);
    let failing = true;
    const disk = faultyDisk(nodeDisk, (operation, path) => {
      if (!failing || operation !== "sync" || !path.endsWith(".wal")) return;
      failing = false;
      throw new Error("EIO");
    });
    const { wal, payloads } = await open({}, disk);
    expect(payloads).toEqual(["a", "b"]);
    await wal.append([record("c")]);
    await wal.close();
    expect(segments()).toHaveLength(1);
    const after = await open();
    expect(after.payloads).toEqual(["a", "b", "c"]);
    await after.wal.close();
  });
});

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
import { faultyDisk } from "./faultyDisk.test.disk.ts";
import { createWal, openWal } from "./openWal.ts";
import { allocateRecord, recordHeaderBytes, recordTypes } from "./recordFormat.ts";
import { segmentHeaderBytes } from "./segmentHeader.ts";
import type { UnsealedRecord, WalOptions } from "./walWriter.ts";

const collectionId = "01890000-0000-7000-8000-000000000001" as CollectionId;
const ids = new UuidV7Generator(systemClock, systemRandom);
const base: WalOptions = { sync: "always", syncIntervalMs: 5, segmentBytesMax: 1 << 20 };
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

async function open(options: Partial<WalOptions> = {}, disk: Disk = nodeDisk) {
  const payloads: string[] = [];
  const failures: unknown[] = [];
  const opened = await openWal({
    ...files(disk),
    ...base,
    ...options,
    apply: ({ payload }) => payloads.push(Buffer.from(payload).toString()),
    onFailure: (error) => failures.push(error),
  });
  return { ...opened, payloads, failures };
}

async function write(groups: readonly (readonly string[])[], options: Partial<WalOptions> = {}) {
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
    expect(recovery).toEqual({ recordCount: 5, tornBytes: 0 });
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
    await expect(createWal(files())).rejects.toThrow(/EEXIST/);
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
    // A whole header of format 2, as a newer AkiDB would leave it.
    const { crc32c } = await import("@node-rs/crc32");
    bytes.writeUInt32LE(2, 8);
    bytes.writeUInt32LE(crc32c(bytes.subarray(16, 64), crc32c(bytes.subarray(0, 12))), 12);
    writeFileSync(newestSegment(), bytes);
    await expect(open()).rejects.toThrow(/segment format 2 by a newer AkiDB/);
  });
});

describe("a failing disk", () => {
  it.each(["write", "sync", "createFile"] as const)(
    "stops the log at a failed %s for good",
    async (operation) => {
      await createWal(files());
      let failing = false;
      const disk = faultyDisk(nodeDisk, (attempted) => {
        if (failing && attempted === operation) throw new Error("EIO");
      });
      const { wal } = await open({ segmentBytesMax: 1 }, disk);
      await wal.append([record("a")]);
      failing = true;
      await expect(wal.append([record("b")])).rejects.toThrow("EIO");
      failing = false;
      await expect(wal.append([record("c")])).rejects.toThrow("EIO");
      await wal.close();
      const after = await open();
      expect(after.payloads[0]).toBe("a");
      expect(after.payloads).not.toContain("c");
      await after.wal.close();
    },
  );

  it("tells when the interval's sync fails", async () => {
    await createWal(files());
    let failing = false;
    const disk = faultyDisk(nodeDisk, (attempted) => {
      if (failing && attempted === "sync") throw new Error("EIO");
    });
    const { wal, failures } = await open({ sync: "interval", syncIntervalMs: 1 }, disk);
    failing = true;
    await wal.append([record("a")]);
    while (failures.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    await expect(wal.append([record("b")])).rejects.toThrow("EIO");
    await wal.close();
  });
});

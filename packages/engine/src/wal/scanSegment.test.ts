import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CollectionId, systemClock, systemRandom, UuidV7Generator } from "@akidb/base";
import { crc32c } from "@node-rs/crc32";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { nodeDisk } from "../adapters/nodeDisk.ts";
import type { Mutation } from "../collection/mutation.ts";
import { encodeMutation } from "../collection/mutationRecord.ts";
import { DamagedFileError } from "../damagedFileError.ts";
import type { ClosedSegment } from "./closedSegments.ts";
import { createWal, type OpenWalOptions, openWal } from "./openWal.ts";
import { scanSegment } from "./scanSegment.ts";
import { segmentFileName } from "./segmentHeader.ts";

const collectionId = "01890000-0000-7000-8000-000000000001" as CollectionId;
const ids = new UuidV7Generator(systemClock, systemRandom);
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "akidb-scan-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

const files = () => ({ disk: nodeDisk, directory, collectionId, clock: systemClock, ids });
const open = (onSegmentClosed?: OpenWalOptions["onSegmentClosed"]) =>
  openWal({
    ...files(),
    sync: "never",
    syncIntervalMs: 5,
    segmentBytesMax: 1 << 20,
    apply: () => {},
    ...(onSegmentClosed !== undefined && { onSegmentClosed }),
  });

function upsertAt(timeMs: number): Mutation {
  const document = {
    id: ids.next<"document">(),
    externalId: "8 bytes!",
    text: undefined,
    metadata: undefined,
  };
  return {
    kind: "upsert",
    documents: [{ ...document, insertedAtMs: 1, updatedAtMs: timeMs, version: 1, expiresAtMs: undefined }],
    vectors: new Float32Array(16).fill(timeMs),
  };
}

const deleteAt = (deletedAtMs: number): Mutation => ({
  kind: "delete",
  ids: [ids.next<"document">()],
  deletedAtMs,
});

async function write(mutations: readonly Mutation[]): Promise<void> {
  await createWal(files());
  const { wal } = await open();
  await wal.append(mutations.map(encodeMutation));
  await wal.close();
}

const request = (lastLsn: number) => ({
  disk: nodeDisk,
  path: join(directory, segmentFileName(1)),
  displayName: "wal/1",
  collectionId,
  firstLsn: 1,
  lastLsn,
});

describe("scanSegment", () => {
  it("tells what a segment holds, and when its records were decided", async () => {
    await write([upsertAt(1_000), deleteAt(2_000), upsertAt(3_000)]);
    const bytes = readFileSync(join(directory, segmentFileName(1)));
    expect(await scanSegment(request(3))).toMatchObject({
      lastLsn: 3,
      bytes: bytes.length,
      crc32c: crc32c(bytes),
      firstTimeMs: 1_000,
      lastTimeMs: 3_000,
    });
  });

  it("ends at the last LSN, or where the caller wants no more", async () => {
    await write([upsertAt(1_000), deleteAt(2_000), upsertAt(3_000)]);
    const bytes = readFileSync(join(directory, segmentFileName(1)));
    for (const scan of [
      await scanSegment(request(2)),
      await scanSegment({ ...request(3), isWanted: ({ lsn }) => lsn <= 2 }),
      await scanSegment({ ...request(3), isWanted: ({ timeMs }) => timeMs! <= 2_500 }),
    ]) {
      expect(scan).toMatchObject({ lastLsn: 2, lastTimeMs: 2_000 });
      expect(scan.crc32c).toBe(crc32c(bytes.subarray(0, scan.bytes)));
    }
    const none = await scanSegment({ ...request(3), isWanted: () => false });
    expect(none).toMatchObject({ lastLsn: 0, bytes: 64, firstTimeMs: undefined });
  });

  it("finds every flipped bit, and records that are missing", async () => {
    await write([upsertAt(1_000), deleteAt(2_000)]);
    const path = join(directory, segmentFileName(1));
    const bytes = readFileSync(path);
    for (let at = 0; at < bytes.length; at++) {
      const bad = Buffer.from(bytes);
      bad[at]! ^= 1;
      writeFileSync(path, bad);
      await expect(scanSegment(request(2)), `byte ${at}`).rejects.toBeInstanceOf(DamagedFileError);
    }
    writeFileSync(path, bytes);
    await expect(scanSegment(request(3))).rejects.toBeInstanceOf(DamagedFileError);
  });
});

describe("handOver", () => {
  it("completes the newest segment, and offers again what was not taken", async () => {
    await createWal(files());
    const offered: ClosedSegment[] = [];
    let isAway = true;
    const { wal } = await open(async (segment) => {
      offered.push(segment);
      if (isAway) throw new Error("the archive is away");
    });
    expect(await wal.handOver()).toBe(true);
    expect(offered).toEqual([]);
    await wal.append([upsertAt(1), deleteAt(2)].map(encodeMutation));
    expect(await wal.handOver()).toBe(false);
    await wal.append([upsertAt(3)].map(encodeMutation));
    isAway = false;
    expect(await wal.handOver()).toBe(true);
    expect(await wal.handOver()).toBe(true);
    const ranges = offered.map(({ firstLsn, lastLsn }) => [firstLsn, lastLsn]);
    expect(ranges.at(0)).toEqual([1, 2]);
    expect(ranges.slice(-2).sort()).toEqual([
      [1, 2],
      [3, 3],
    ]);
    await wal.close();
    const again: number[] = [];
    const reopened = await open(async ({ firstLsn }) => void again.push(firstLsn));
    expect(reopened.recovery.recordCount).toBe(3);
    expect(await reopened.wal.handOver()).toBe(true);
    expect(again).toEqual([1, 3]);
    await reopened.wal.close();
  });
});

import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, formatTimestamp, type SnapshotInfo } from "@akidb/base";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { open } from "../open.ts";

let path: string;
let db: Awaited<ReturnType<typeof open>>;
let nowMs: number;
/** Each write is a second after the one before. */
const clock: Clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };

beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), "akidb-point-"));
  nowMs = Date.parse("2026-01-31T09:00:00.000Z");
});
afterEach(async () => {
  await db.close();
  rmSync(path, { recursive: true });
});

const openAt = async (segmentBytesMax = 400) => {
  db = await open({ path, clock, wal: { segmentBytesMax, retentionMs: 0 } });
};

/** What `d` is after each LSN: the generation that was written, or undefined where it was deleted. */
type History = Map<number, { readonly generation: number | undefined; readonly timeMs: number }>;

let generation = 0;
async function write(name: string, history: History, count: number): Promise<void> {
  const collection = db.collection(name);
  for (let each = 0; each < count; each++) {
    nowMs += 1_000;
    const lsn = Math.max(0, ...history.keys()) + 1;
    if (history.get(lsn - 1)?.generation !== undefined && each % 3 === 2) {
      await collection.delete("d");
      history.set(lsn, { generation: undefined, timeMs: nowMs });
    } else {
      generation++;
      await collection.upsert([
        { externalId: "d", vector: new Float32Array(16).fill(generation), metadata: { generation } },
      ]);
      history.set(lsn, { generation, timeMs: nowMs });
    }
  }
}

async function generationOf(name: string): Promise<unknown> {
  try {
    const { metadata } = await db.collection(name).get("d", { include: ["metadata"] });
    return metadata?.["generation"];
  } catch (error) {
    expect(error).toMatchObject({ code: "not_found" });
    return undefined;
  }
}

let cloneCount = 0;
async function cloneAt(snapshot: SnapshotInfo, until: { untilLsn: number } | { untilTime: string }) {
  const into = `clone-${++cloneCount}`;
  await db.collection("c").restoreSnapshot(snapshot.id, { into, ...until });
  return into;
}

describe.each(["memory", "memory_s3"] as const)("a collection of tiering policy %s", (tieringPolicy) => {
  it("becomes what it was at any LSN and time behind a snapshot", async () => {
    await openAt();
    await db.createCollection({ name: "c", dimension: 16, tieringPolicy, walRetentionSeconds: 0 });
    const history: History = new Map();
    await write("c", history, 4);
    const snapshot = await db.collection("c").createSnapshot();
    expect(snapshot.lsn).toBe(4);
    await write("c", history, 8);
    for (const [lsn, { generation: wanted, timeMs }] of history) {
      const untilTime = formatTimestamp(timeMs + 999);
      if (lsn < 4) {
        await expect(cloneAt(snapshot, { untilLsn: lsn })).rejects.toMatchObject({
          code: "invalid_argument",
          message: expect.stringContaining("until_lsn"),
        });
        await expect(cloneAt(snapshot, { untilTime })).rejects.toThrow("until_time");
        continue;
      }
      nowMs += 1_000;
      const clone = await cloneAt(snapshot, lsn % 2 === 0 ? { untilLsn: lsn } : { untilTime });
      expect(await generationOf(clone), `LSN ${lsn}`).toBe(wanted);
    }
    await expect(cloneAt(snapshot, { untilLsn: 13 })).rejects.toThrow("must not be above 12");
    await expect(cloneAt(snapshot, { untilTime: "2100-01-01T00:00:00Z" })).rejects.toThrow("future");
    await expect(cloneAt(snapshot, { untilTime: "yesterday" })).rejects.toThrow("until_time");
  });

  it("goes on from there, and its history is the one that was chosen", async () => {
    await openAt();
    await db.createCollection({ name: "c", dimension: 16, tieringPolicy });
    const history: History = new Map();
    await write("c", history, 3);
    const early = await db.collection("c").createSnapshot();
    await write("c", history, 6);
    const late = await db.collection("c").createSnapshot();
    await write("c", history, 2);
    nowMs += 1_000;
    await db.collection("c").restoreSnapshot(early.id, { untilLsn: 5 });
    expect(await generationOf("c")).toBe(history.get(5)?.generation);
    for (const lsn of [...history.keys()]) if (lsn > 5) history.delete(lsn);
    await write("c", history, 7);
    await db.close();
    await openAt();
    expect(await generationOf("c")).toBe(history.get(12)?.generation);
    for (const lsn of [3, 5, 6, 12]) {
      const clone = await cloneAt(early, { untilLsn: lsn });
      expect(await generationOf(clone), `LSN ${lsn}`).toBe(history.get(lsn)?.generation);
    }
    // It holds LSN 9 of a history that was left: what is behind it now is another one.
    await expect(cloneAt(late, { untilLsn: 10 })).rejects.toMatchObject({
      code: "failed_precondition",
      message: expect.stringContaining("restored to LSN 5"),
    });
  });
});

it("is brought back from the archive where the machine keeps nothing any more", async () => {
  await openAt();
  const { id } = await db.createCollection({
    name: "c",
    dimension: 16,
    tieringPolicy: "memory_s3",
    walRetentionSeconds: 0,
  });
  await db.createCollection({ name: "local", dimension: 16, walRetentionSeconds: 0 });
  const local: History = new Map();
  await write("local", local, 2);
  const localSnapshot = await db.collection("local").createSnapshot();
  const history: History = new Map();
  await write("c", history, 2);
  const snapshot = await db.collection("c").createSnapshot();
  for (let each = 0; each < 4; each++) {
    await write("c", history, 3);
    await db.collection("c").createSnapshot();
    await write("local", local, 3);
    await db.collection("local").createSnapshot();
  }
  // Checkpoints let the log go that they cover.
  const oldestHere = () => readdirSync(join(path, "collections", id, "wal")).sort()[0];
  await expect.poll(oldestHere).not.toMatch(/^0+1\.wal$/);
  nowMs += 1_000;
  for (const lsn of [2, 3, 7, 14]) {
    const clone = await cloneAt(snapshot, { untilLsn: lsn });
    expect(await generationOf(clone), `LSN ${lsn}`).toBe(history.get(lsn)?.generation);
  }
  const restoring = db.collection("local").restoreSnapshot(localSnapshot.id, { into: "x", untilLsn: 4 });
  await expect(restoring).rejects.toMatchObject({
    code: "failed_precondition",
    message: expect.stringContaining("restored up to LSN 2"),
  });
  await db.deleteCollection("c");
  expect(
    readdirSync(join(path, "objects"), { recursive: true }).filter((name) => `${name}`.includes(id)),
  ).toEqual([]);
});

import { describe, expect, it } from "vitest";
import { checkReached, checkRestorePoint, logChain } from "./logChain.ts";

const piece = (firstLsn: number, lastLsn: number, createdAtMs: number) => ({
  firstLsn,
  lastLsn,
  createdAtMs,
});
const ranges = (pieces: readonly { firstLsn: number; lastLsn: number }[]) =>
  pieces.map(({ firstLsn, lastLsn }) => [firstLsn, lastLsn]);

describe("logChain", () => {
  it("takes the pieces in order, each once, from the one that holds the first LSN", () => {
    const pieces = [piece(21, 30, 3), piece(1, 10, 1), piece(11, 20, 2), piece(11, 20, 2)];
    expect(ranges(logChain(pieces, 1))).toEqual([
      [1, 10],
      [11, 20],
      [21, 30],
    ]);
    expect(ranges(logChain(pieces, 15))).toEqual([
      [11, 20],
      [21, 30],
    ]);
    expect(logChain(pieces, 31)).toEqual([]);
  });

  it("ends before a gap", () => {
    expect(ranges(logChain([piece(1, 10, 1), piece(12, 20, 2)], 1))).toEqual([[1, 10]]);
    expect(logChain([piece(12, 20, 2)], 11)).toEqual([]);
  });

  it("takes what came after a restore for the history, and not what it left behind", () => {
    const pieces = [
      piece(1, 10, 1),
      piece(11, 20, 2),
      piece(21, 30, 3),
      piece(16, 18, 4),
      piece(19, 25, 5),
      piece(23, 24, 6),
    ];
    expect(ranges(logChain(pieces, 1))).toEqual([
      [1, 10],
      [11, 15],
      [16, 18],
      [19, 22],
      [23, 24],
    ]);
  });
});

describe("points in time", () => {
  const snapshot = { lsn: 10, createdAtMs: 1_000 };
  const check = (point: Parameters<typeof checkRestorePoint>[0]["point"]) => () =>
    checkRestorePoint({ point, snapshot, nowMs: 2_000 });
  const reached = (reachedLsn: number, isStopped: boolean) => () =>
    checkReached({ point: { kind: "lsn", lsn: 20 }, reachedLsn, isStopped, logEndLsn: 18 });

  it("lie between the snapshot and now", () => {
    for (const lsn of [10, 11]) expect(check({ kind: "lsn", lsn })).not.toThrow();
    expect(check({ kind: "lsn", lsn: 9 })).toThrow("until_lsn");
    for (const timeMs of [1_000, 2_000]) expect(check({ kind: "time", timeMs })).not.toThrow();
    expect(check({ kind: "time", timeMs: 999 })).toThrow("before the snapshot");
    expect(check({ kind: "time", timeMs: 2_001 })).toThrow("in the future");
  });

  it("are refused where the log does not reach them", () => {
    expect(reached(20, false)).not.toThrow();
    expect(reached(17, true)).not.toThrow();
    expect(reached(17, false)).toThrow("restored up to LSN 17");
    expect(reached(18, false)).toThrow("until_lsn");
  });
});

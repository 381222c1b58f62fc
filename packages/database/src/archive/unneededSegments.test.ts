import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ArchivedSegment } from "./archivedSegment.ts";
import { logChain } from "./logChain.ts";
import { leavingRestore, type Restore } from "./restores.ts";
import { unneededSegments } from "./unneededSegments.ts";

const segment = (firstLsn: number, lastLsn: number, createdAtMs: number): ArchivedSegment => ({
  firstLsn,
  lastLsn,
  createdAtMs,
  bytes: 1,
  crc32c: 0,
  firstTimeMs: undefined,
  lastTimeMs: createdAtMs,
  place: { kind: "object", key: `${firstLsn}-${createdAtMs}` },
});

const always = Number.POSITIVE_INFINITY;

describe("what no snapshot needs of a log", () => {
  it("lies before all of them, and is old", () => {
    const log = [segment(1, 4, 10), segment(5, 8, 20), segment(9, 12, 30)];
    const unneeded = (baseLsn: number, olderThanMs = always) =>
      unneededSegments(log, { baseLsn, olderThanMs }).map(({ firstLsn }) => firstLsn);
    expect(unneeded(3)).toEqual([]);
    expect(unneeded(4)).toEqual([1]);
    expect(unneeded(11)).toEqual([1, 5]);
    expect(unneeded(12)).toEqual([1, 5, 9]);
    expect(unneeded(12, 20)).toEqual([1]);
  });

  it("is also what a restore left behind, but not what says so as long as that is there", () => {
    const left = segment(6, 20, 10);
    const after = segment(5, 7, 20);
    expect(unneededSegments([left, after], { baseLsn: 7, olderThanMs: always })).toEqual([left, after]);
    // Without `after`, a restore behind a snapshot at LSN 7 would go on with what was left behind.
    const younger = { ...left, lastTimeMs: 30 };
    expect(unneededSegments([younger, after], { baseLsn: 7, olderThanMs: 25 })).toEqual([]);
  });

  it("changes nothing of what can be restored behind any snapshot", () => {
    const step = fc.record({
      kind: fc.constantFrom("write", "write", "write", "snapshot", "snapshot", "restore"),
      count: fc.integer({ min: 1, max: 8 }),
      // A clock that was set back makes files older or younger than they are.
      lagMs: fc.nat(30),
    });
    const steps = fc.array(step, { minLength: 4, maxLength: 40 });
    fc.assert(
      fc.property(steps, fc.nat(45), (history, olderThanMs) => {
        const log: ArchivedSegment[] = [];
        const snapshots: { readonly lsn: number; readonly createdAtMs: number }[] = [];
        const restores: Restore[] = [];
        let lastLsn = 0;
        for (const [timeMs, { kind, count, lagMs }] of history.entries()) {
          if (kind === "write") {
            log.push({ ...segment(lastLsn + 1, lastLsn + count, timeMs), lastTimeMs: timeMs + lagMs });
            lastLsn += count;
          } else if (kind === "snapshot") {
            snapshots.push({ lsn: lastLsn, createdAtMs: timeMs });
          } else {
            lastLsn = Math.max(0, lastLsn - count);
            restores.push({ atMs: timeMs, lsn: lastLsn });
          }
        }
        const bases = snapshots.filter((snapshot) => leavingRestore(snapshot, restores) === undefined);
        fc.pre(bases.length > 0);
        const baseLsn = Math.min(...bases.map(({ lsn }) => lsn));
        const unneeded = unneededSegments(log, { baseLsn, olderThanMs });
        const kept = log.filter((each) => !unneeded.includes(each));
        for (const { lsn } of bases) expect(logChain(kept, lsn + 1)).toEqual(logChain(log, lsn + 1));
        for (const each of unneeded) expect(each.lastTimeMs).toBeLessThan(olderThanMs);
      }),
      { seed: 20_260_131, numRuns: 1_000 },
    );
  });
});

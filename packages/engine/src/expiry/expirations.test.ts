import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { forEachRow } from "../payload/rowBitset.ts";
import { Expirations } from "./expirations.ts";

const row = fc.integer({ min: 0, max: 90 });
const timeMs = fc.integer({ min: 1, max: 200 });
const step = fc.oneof(
  fc.record({ kind: fc.constant("set" as const), row, timeMs: fc.option(timeMs, { nil: undefined }) }),
  fc.record({ kind: fc.constant("remove" as const), row }),
  fc.record({ kind: fc.constant("advance" as const), timeMs }),
);

describe("expirations", () => {
  it("equal a plain map under random changes and times", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const expirations = new Expirations();
        const times = new Map<number, number>();
        let nowMs = Number.NEGATIVE_INFINITY;
        for (const each of steps) {
          if (each.kind === "set") {
            expirations.set(each.row, each.timeMs);
            if (each.timeMs === undefined) times.delete(each.row);
            else times.set(each.row, each.timeMs);
          } else if (each.kind === "remove") {
            expirations.remove(each.row);
            times.delete(each.row);
          } else {
            nowMs = Math.max(nowMs, each.timeMs);
            expect(expirations.advance(each.timeMs)).toBe(nowMs);
          }
          const expired = [...times].filter(([, time]) => time <= nowMs).map(([expiredRow]) => expiredRow);
          expect(expirations.count).toBe(times.size);
          expect(expirations.expiredCount).toBe(expired.length);
          expect(expirations.expiredRows(1_000).toSorted()).toEqual(expired.toSorted());
          for (const [known, time] of times) {
            expect(expirations.of(known)).toBe(time <= nowMs ? Number.NEGATIVE_INFINITY : time);
          }
          const found: number[] = [];
          forEachRow(expirations.expiredSet(80) ?? new Uint32Array(), (each) => found.push(each));
          expect(found).toEqual(expired.filter((each) => each < 96).sort((a, b) => a - b));
        }
      }),
      { numRuns: 300 },
    );
  });

  it("cost nothing where nothing expires", () => {
    const expirations = new Expirations();
    for (let at = 0; at < 1_000; at++) expirations.set(at, undefined);
    expirations.advance(1);
    expect(expirations.memoryBytes).toBe(0);
    expect(expirations.expiredSet(1_000)).toBeUndefined();
  });
});

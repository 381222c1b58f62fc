import fc from "fast-check";
import { expect, test } from "vitest";
import { TokenBucket } from "./tokenBucket.ts";

const steps = fc.array(fc.record({ passedMs: fc.integer({ min: 0, max: 300 }) }), { maxLength: 80 });

/**
 * What a bucket promises, without one: between any two moments no more requests pass than one second's worth and what the
 * rate brings meanwhile; and whatever can pass without breaking that does.
 */
function plainTwin(rate: number) {
  const passed: number[] = [];
  return (nowMs: number): boolean => {
    const fits = [...passed, nowMs].every((sinceMs) => {
      const count = passed.filter((ms) => ms >= sinceMs).length + 1;
      return count * 1_000 <= rate * 1_000 + (nowMs - sinceMs) * rate;
    });
    if (fits) passed.push(nowMs);
    return fits;
  };
}

test("what passes a bucket is what its promise lets pass", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), steps, (rate, steps) => {
      const bucket = new TokenBucket(0);
      const mayPass = plainTwin(rate);
      let nowMs = 0;
      for (const { passedMs } of steps) {
        nowMs += passedMs;
        expect(bucket.take(nowMs, rate) === 0).toBe(mayPass(nowMs));
      }
    }),
  );
});

test("who waits as long as it is told passes, and who comes a millisecond before does not", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), steps, (rate, steps) => {
      const bucket = new TokenBucket(0);
      let nowMs = 0;
      for (const { passedMs } of steps) {
        nowMs += passedMs;
        const waitMs = Math.ceil(bucket.take(nowMs, rate));
        if (waitMs === 0) continue;
        if (waitMs > 1) expect(bucket.take(nowMs + waitMs - 1, rate)).toBeGreaterThan(0);
        nowMs += waitMs;
        expect(bucket.take(nowMs, rate)).toBe(0);
      }
    }),
  );
});

test("what is owed is paid before anything else passes", () => {
  const bucket = new TokenBucket(0);
  const waits = Array.from({ length: 4 }, () => bucket.owe(0, 2));
  expect(waits).toEqual([0, 0, 500, 1_000]);
  expect(bucket.remaining(0, 2)).toBe(0);
  expect(bucket.take(1_000, 2)).toBe(500);
  expect(bucket.take(1_500, 2)).toBe(0);
});

test("a rate that changes counts from the next request on", () => {
  const bucket = new TokenBucket(0);
  expect(bucket.remaining(0, 100)).toBe(100);
  expect(bucket.remaining(0, 10)).toBe(10);
  expect(bucket.msUntilFull(0, 100)).toBe(900);
  expect(bucket.remaining(900, 100)).toBe(100);
});

test("a clock that stands still or goes back gives nothing", () => {
  const bucket = new TokenBucket(5_000);
  expect(bucket.take(5_000, 1)).toBe(0);
  expect(bucket.take(4_000, 1)).toBe(1_000);
  expect(bucket.take(5_999, 1)).toBe(1);
  expect(bucket.take(6_000, 1)).toBe(0);
});

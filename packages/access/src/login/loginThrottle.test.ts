import type { Clock } from "@akidb/base";
import fc from "fast-check";
import { beforeEach, expect, test } from "vitest";
import { LoginThrottle } from "./loginThrottle.ts";

let nowMs: number;
let throttle: LoginThrottle;
const clock: Clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };

beforeEach(() => {
  nowMs = 0;
  throttle = new LoginThrottle(clock);
});

const ada = { account: "t ada@example.org", address: "10.0.0.1" };

/** @returns milliseconds to wait; 0 where the try was allowed */
function attempt(of: { readonly account: string; readonly address: string | null } = ada): number {
  try {
    throttle.begin(of);
    return 0;
  } catch (error) {
    expect(error).toMatchObject({ name: "AkiDbError", code: "rate_limited" });
    return (error as { readonly retryAfterMs: number }).retryAfterMs;
  }
}

const failures = (count: number, of = ada) => Array.from({ length: count }, () => attempt(of));

test("after five failures each waits twice as long, up to a quarter of an hour", () => {
  expect(failures(6)).toEqual([0, 0, 0, 0, 0, 1_000]);
  const waits: number[] = [];
  for (let i = 0; i < 13; i++) {
    const waitMs = attempt();
    waits.push(waitMs);
    nowMs += waitMs;
    expect(attempt()).toBe(0);
  }
  expect(waits.slice(0, 4)).toEqual([1_000, 2_000, 4_000, 8_000]);
  expect(waits.at(-1)).toBe(900_000);
});

test("a try that is refused does not count", () => {
  failures(5);
  expect(failures(100)).toEqual(Array(100).fill(1_000));
  nowMs += 999;
  expect(attempt()).toBe(1);
  nowMs += 1;
  expect(attempt()).toBe(0);
});

test("an account waits from whichever address, in any case of its letters", () => {
  for (let i = 0; i < 5; i++) attempt({ ...ada, address: `10.0.0.${i}` });
  expect(attempt({ account: ada.account.toUpperCase(), address: null })).toBe(1_000);
  expect(attempt({ account: "t bob@example.org", address: "10.0.0.1" })).toBe(0);
});

test("an address waits, whichever accounts it tries", () => {
  for (let i = 0; i < 30; i++) expect(attempt({ ...ada, account: `t user${i}` })).toBe(0);
  expect(attempt({ ...ada, account: "t another" })).toBe(1_000);
  expect(attempt({ ...ada, account: "t another", address: "10.0.0.2" })).toBe(0);
});

test("an address of IPv6 is as good as another of its network", () => {
  const from = (host: string, account: string) => attempt({ account, address: `2001:db8:1:${host}` });
  for (let i = 0; i < 30; i++) expect(from(`2::${i}`, `t user${i}`)).toBe(0);
  expect(from("2:ffff::7", "t another")).toBe(1_000);
  expect(from("3::7", "t another")).toBe(0);
});

test("a right password makes up for its account, and for one failure of its address", () => {
  failures(4);
  attempt();
  throttle.succeeded(ada);
  expect(failures(6)).toEqual([0, 0, 0, 0, 0, 1_000]);
  // 4 + 1 - 1 + 5 of the address by now, and 20 more of it are free.
  for (let i = 0; i < 21; i++) expect(attempt({ ...ada, account: `t user${i}` })).toBe(0);
  expect(attempt({ ...ada, account: "t another" })).toBe(1_000);
});

test("an attacker who knows one account does not thereby get free tries at others", () => {
  const own = { account: "t mallory", address: "10.0.0.9" };
  let tries = 0;
  for (let i = 0; i < 200; i++) {
    if (attempt({ account: `t victim${i}`, address: own.address }) === 0) tries += 1;
    if (attempt(own) === 0) throttle.succeeded(own);
  }
  expect(tries).toBe(30);
});

test("a try of unknown outcome is withdrawn", () => {
  for (let i = 0; i < 20; i++) {
    expect(attempt()).toBe(0);
    throttle.withdraw(ada);
  }
  throttle.withdraw(ada);
  expect(failures(5)).toEqual([0, 0, 0, 0, 0]);
});

test("all is forgotten after an hour without a failure", () => {
  failures(5);
  nowMs += 3_600_000;
  expect(failures(6)).toEqual([0, 0, 0, 0, 0, 1_000]);
});

test("whatever happens, an account has at most five wrong tries in its first second", () => {
  const step = fc.record({ account: fc.constantFrom("a", "b"), address: fc.constantFrom(null, "x", "y") });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      throttle = new LoginThrottle(clock);
      const allowed = new Map<string, number>();
      for (const each of steps) {
        if (attempt(each) === 0) allowed.set(each.account, (allowed.get(each.account) ?? 0) + 1);
      }
      for (const count of allowed.values()) expect(count).toBeLessThanOrEqual(5);
    }),
  );
});

test("remembers a bounded number", () => {
  const name = "x".repeat(10_000);
  for (let i = 0; i < 5; i++) attempt({ account: name + i, address: null });
  expect(attempt({ account: name, address: null })).toBe(1_000);
  for (let i = 0; i < 100_000; i++) attempt({ account: `t u${i}`, address: null });
  expect(attempt({ account: name, address: null })).toBe(0);
});

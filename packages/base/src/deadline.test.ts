import { describe, expect, it } from "vitest";
import { systemClock } from "./adapters/systemClock.ts";
import { deadlineAfter, noDeadline } from "./deadline.ts";
import { isAkiDbError } from "./errors.ts";

describe("deadline", () => {
  it("aborts its signal when the time is up", async () => {
    using deadline = deadlineAfter(systemClock, 1);
    await new Promise((resolve) => deadline.signal.addEventListener("abort", resolve));
    expect(deadline.signal.reason).toMatchObject({ code: "deadline_exceeded" });
    expect(deadline.check).toThrow(/within 1 ms/);
    // A timer counts from the beginning of its turn of the event loop, and may be a little early.
    expect(deadline.remainingMs()).toBeLessThan(1);
  });

  it("is noticed by a check although a busy thread's timer cannot fire", () => {
    let nowMs = 100;
    using deadline = deadlineAfter({ nowMs: () => 0, monotonicMs: () => nowMs }, 60_000);
    deadline.check();
    nowMs += 60_000;
    expect(deadline.check).toThrow(/within 60000 ms/);
  });

  it("ends when its caller has gone, as something else than a timeout", () => {
    const caller = new AbortController();
    using deadline = deadlineAfter(systemClock, 60_000, caller.signal);
    deadline.check();
    caller.abort();
    expect(deadline.check).toThrow(expect.objectContaining({ code: "unavailable" }));
  });

  it("has a signal that says so when it is asked for too late", () => {
    let nowMs = 0;
    using deadline = deadlineAfter({ nowMs: () => 0, monotonicMs: () => nowMs }, 5);
    nowMs = 5;
    expect(deadline.signal.reason).toMatchObject({ code: "deadline_exceeded" });
  });

  it("passes on to its signal that the caller has gone, whenever that was asked for", () => {
    const caller = new AbortController();
    const early = deadlineAfter(systemClock, 60_000, caller.signal);
    const { signal } = early;
    caller.abort();
    const late = deadlineAfter(systemClock, 60_000, caller.signal);
    expect([signal.aborted, late.signal.aborted]).toEqual([true, true]);
    early[Symbol.dispose]();
    late[Symbol.dispose]();
  });

  it("may be absent", () => {
    const caller = new AbortController();
    const deadline = noDeadline(caller.signal);
    expect(deadline.remainingMs()).toBe(Number.POSITIVE_INFINITY);
    caller.abort(new Error("gone"));
    try {
      deadline.check();
      expect.fail("an aborted deadline throws");
    } catch (error) {
      expect(isAkiDbError(error)).toBe(true);
    }
  });
});

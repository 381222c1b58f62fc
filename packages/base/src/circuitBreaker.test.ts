import { beforeEach, describe, expect, it } from "vitest";
import { CircuitBreaker, type CircuitBreakerOptions, type CircuitState } from "./circuitBreaker.ts";
import { unavailable } from "./errors.ts";

let nowMs: number;
let states: CircuitState[];
beforeEach(() => {
  nowMs = 1_000;
  states = [];
});

const breakerOf = (options: Partial<CircuitBreakerOptions> = {}) =>
  new CircuitBreaker({
    clock: { nowMs: () => nowMs, monotonicMs: () => nowMs },
    failuresMax: 3,
    restMs: 100,
    restMsMax: 350,
    verdictOf: (error) => (error === failure ? "failure" : error === gone ? "nothing" : "answer"),
    refusal: (retryAfterMs) => unavailable("resting", { retryAfterMs }),
    onChange: (state) => states.push(state),
    ...options,
  });

const failure = new Error("away");
const gone = new Error("the caller has gone");
const answer = new Error("no such thing");
const fails = (breaker: CircuitBreaker, error: Error = failure) =>
  expect(breaker.run(() => Promise.reject(error))).rejects.toBe(error);
const works = (breaker: CircuitBreaker) => expect(breaker.run(async () => 7)).resolves.toBe(7);
const refused = (breaker: CircuitBreaker, retryAfterMs: number) =>
  expect(
    breaker.run(() => {
      throw new Error("this must not be called");
    }),
  ).rejects.toMatchObject({ code: "unavailable", retryAfterMs });
const opened = async (options?: Partial<CircuitBreakerOptions>) => {
  const breaker = breakerOf(options);
  for (let count = 0; count < 3; count++) await fails(breaker);
  return breaker;
};

describe("a circuit breaker", () => {
  it("opens after so many failures in a row, and refuses without a call", async () => {
    const breaker = breakerOf();
    for (const error of [failure, failure, answer, failure, failure]) await fails(breaker, error);
    await works(breaker);
    await fails(breaker);
    await fails(breaker, gone);
    await fails(breaker);
    expect(breaker).toMatchObject({ state: "closed", failure: undefined });
    await fails(breaker);
    expect(breaker).toMatchObject({ state: "open", failure, restMs: 100 });
    nowMs += 40;
    await refused(breaker, 60);
  });

  it("lets one call try after its rest, and closes if that is answered", async () => {
    const breaker = await opened();
    nowMs += 100;
    const trying = Promise.withResolvers<number>();
    const tried = breaker.run(() => trying.promise);
    expect(breaker.state).toBe("half_open");
    await refused(breaker, 100);
    trying.resolve(1);
    await tried;
    await works(breaker);
    expect(states).toEqual(["open", "half_open", "closed"]);
  });

  it("rests twice as long after each vain trial, up to a bound, and as long as first after it was closed", async () => {
    const breaker = await opened();
    for (const restMs of [200, 350, 350]) {
      nowMs += breaker.restMs;
      await fails(breaker);
      expect(breaker.restMs).toBe(restMs);
    }
    nowMs += 350;
    await fails(breaker, answer);
    expect(breaker.state).toBe("closed");
    for (let count = 0; count < 3; count++) await fails(breaker);
    expect(breaker.restMs).toBe(100);
  });

  it("knows nothing by a trial whose caller has gone", async () => {
    const breaker = await opened();
    nowMs += 100;
    await fails(breaker, gone);
    expect(breaker).toMatchObject({ state: "open", restMs: 100 });
  });

  it("takes nothing from calls that began before it opened or was reset", async () => {
    const breaker = breakerOf();
    const early = Promise.withResolvers<void>();
    const late = Promise.withResolvers<void>();
    const calls = [breaker.run(() => early.promise), breaker.run(() => late.promise)];
    for (let count = 0; count < 3; count++) await fails(breaker);
    early.resolve();
    await calls[0];
    expect(breaker.state).toBe("open");
    breaker.reset();
    await fails(breaker);
    await fails(breaker);
    late.reject(failure);
    await expect(calls[1]).rejects.toBe(failure);
    expect(breaker.state).toBe("closed");
  });

  it("tries no call where only probes do, and one probe at a time", async () => {
    const breaker = await opened({ triesCalls: false });
    nowMs += 1_000;
    await refused(breaker, 1);
    const trying = Promise.withResolvers<void>();
    const probed = breaker.probe(() => trying.promise);
    await expect(breaker.probe(async () => {})).rejects.toMatchObject({ code: "unavailable" });
    trying.resolve();
    await probed;
    await works(breaker);
  });

  it("opens by what fails after its call, too", () => {
    const breaker = breakerOf();
    for (let count = 0; count < 3; count++) breaker.failed(failure);
    expect(breaker.state).toBe("open");
    breaker.failed(answer);
    expect(breaker.state).toBe("open");
  });
});

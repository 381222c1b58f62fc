import {
  AkiDbError,
  deadlineExceeded,
  noDeadline,
  systemClock,
  systemRandom,
  unavailable,
} from "@akidb/base";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openMemoryObjectStore } from "./memory/memoryObjectStore.ts";
import { checkObjectStore } from "./objectStore.contract.ts";
import type { ObjectStore } from "./objectStore.ts";
import { ObjectStoreAwayError, ObjectStoreCircuit } from "./objectStoreCircuit.ts";

const memory = () => openMemoryObjectStore({ clock: systemClock, random: systemRandom });

checkObjectStore("behind a circuit breaker", async () => ({
  store: new ObjectStoreCircuit(memory(), { clock: systemClock }).store,
  end: async () => {},
}));

const body = new Uint8Array(10);
const away = unavailable("no connection");

describe("a store that fails again and again", () => {
  /** What every call ends with; undefined while the store serves. */
  let failure: Error | undefined;
  let calls: number;
  let states: string[];
  let circuit: ObjectStoreCircuit;
  let store: ObjectStore;
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    failure = undefined;
    calls = 0;
    states = [];
    circuit = new ObjectStoreCircuit(failing(memory()), {
      clock: systemClock,
      onChange: (state) => states.push(state),
    });
    store = circuit.store;
  });
  afterEach(async () => {
    await store.close();
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  const failing = (inner: ObjectStore): ObjectStore => {
    const call = <Result>(work: () => Promise<Result>): Promise<Result> => {
      calls += 1;
      return failure === undefined ? work() : Promise.reject(failure);
    };
    return {
      put: (...args) => call(() => inner.put(...args)),
      get: (...args) => call(() => inner.get(...args)),
      head: (...args) => call(() => inner.head(...args)),
      list: (...args) => call(() => inner.list(...args)),
      delete: (...args) => call(() => inner.delete(...args)),
      deleteMany: async (keys) =>
        await call(() => inner.deleteMany(keys)).catch((error: Error) => keys.map((key) => ({ key, error }))),
      listUnfinished: (...args) => call(() => inner.listUnfinished(...args)),
      removeUnfinished: (...args) => call(() => inner.removeUnfinished(...args)),
      close: () => inner.close(),
    };
  };
  const failTimes = async (times: number) => {
    for (let count = 0; count < times; count++) await expect(store.head("a")).rejects.toBe(failure);
  };
  const open = async () => {
    failure = away;
    await failTimes(3);
    expect(circuit.state).toBe("open");
  };

  it("is not asked any more, and says why", async () => {
    await open();
    expect(circuit.reason).toBe("no connection");
    const before = calls;
    const work = [
      store.put("a", body),
      store.get("a"),
      store.list(),
      store.delete("a"),
      store.deleteMany(["a"]),
      store.listUnfinished(),
      store.removeUnfinished({ id: "a", key: "a", sizeBytes: 0, modifiedAtMs: 0 }),
    ];
    for (const refused of work) {
      await expect(refused).rejects.toBeInstanceOf(ObjectStoreAwayError);
      await expect(refused).rejects.toMatchObject({ code: "unavailable", retryAfterMs: 5_000 });
    }
    expect(calls).toBe(before);
  });

  it("is probed until it is back, though nobody uses it, less and less often", async () => {
    await open();
    for (const restMs of [5_000, 10_000, 20_000, 40_000, 60_000, 60_000]) {
      const before = calls;
      await vi.advanceTimersByTimeAsync(restMs - 1);
      expect(calls).toBe(before);
      await vi.advanceTimersByTimeAsync(1);
      expect(calls).toBe(before + 1);
    }
    failure = undefined;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(circuit).toMatchObject({ state: "closed", reason: undefined });
    await store.put("a", body);
    expect(states.slice(-3)).toEqual(["open", "half_open", "closed"]);
  });

  it("is back where a probe is refused: it answers", async () => {
    await open();
    failure = new AkiDbError("permission_denied", "not yours");
    await vi.advanceTimersByTimeAsync(5_000);
    expect(circuit.state).toBe("closed");
  });

  it("is asked at once after a reset", async () => {
    await open();
    circuit.reset();
    failure = undefined;
    await store.put("a", body);
    expect(circuit.state).toBe("closed");
  });

  it.each([
    ["answers between them", async () => void (await store.list())],
    ["says no between them", () => expect(store.get("nothing")).rejects.toMatchObject({ code: "not_found" })],
  ])("is asked as ever while it %s", async (_, answered) => {
    for (let round = 0; round < 3; round++) {
      failure = away;
      await failTimes(2);
      failure = undefined;
      await answered();
    }
    expect(circuit.state).toBe("closed");
  });

  it("is not blamed for callers who go, for their deadlines and for what they send", async () => {
    failure = deadlineExceeded("too late");
    await failTimes(5);
    failure = away;
    const deadline = noDeadline(AbortSignal.abort(unavailable("the database is closing")));
    for (let count = 0; count < 5; count++) {
      await expect(store.put("a", body, { deadline })).rejects.toBe(away);
    }
    failure = new Error("the disk of whoever sends");
    await failTimes(5);
    expect(circuit.state).toBe("closed");
  });

  it("is blamed for bodies that break off, and for what it does not delete", async () => {
    await store.put("a", body);
    const cutting: ObjectStore = {
      ...memory(),
      get: async (key) => ({
        info: { key, sizeBytes: 10, etag: "1", modifiedAtMs: 0 },
        // biome-ignore lint/correctness/useYield: it breaks off before its first byte
        body: (async function* () {
          throw away;
        })(),
        [Symbol.asyncDispose]: async () => {},
      }),
    };
    const other = new ObjectStoreCircuit(cutting, { clock: systemClock });
    const readings = await Promise.all(["a", "b", "c"].map((key) => other.store.get(key)));
    for (const { body: torn } of readings) {
      await expect(torn[Symbol.asyncIterator]().next()).rejects.toBe(away);
    }
    expect(other.state).toBe("open");
    await other.store.close();
    failure = away;
    for (let count = 0; count < 3; count++) {
      expect(await store.deleteMany(["a", "b"])).toEqual([
        { key: "a", error: away },
        { key: "b", error: away },
      ]);
    }
    expect(circuit.state).toBe("open");
  });
});

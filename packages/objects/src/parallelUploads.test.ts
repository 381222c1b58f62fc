import { deadlineAfter, systemClock, systemRandom, unavailable } from "@akidb/base";
import { describe, expect, it } from "vitest";
import { openMemoryObjectStore } from "./memory/memoryObjectStore.ts";
import { read } from "./objectStore.contract.ts";
import { type ObjectSink, ParallelUploads } from "./parallelUploads.ts";

const openStore = () => openMemoryObjectStore({ clock: systemClock, random: systemRandom });

/** A store whose uploads end when the test says so. */
function heldSink(): ObjectSink & { readonly begun: string[]; release(): void } {
  const store = openStore();
  const begun: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  return {
    begun,
    release: resolve,
    async put(key, body, options) {
      begun.push(key);
      await promise;
      return store.put(key, body, options);
    },
  };
}

const turns = () => new Promise((resolve) => setTimeout(resolve, 5));

describe("parallel uploads", () => {
  it("stores everything, in the order asked for, so many at a time", async () => {
    const sink = heldSink();
    const uploads = new ParallelUploads({ store: sink });
    const all = Array.from({ length: 25 }, (_, i) => uploads.put(`k/${i}`, Buffer.from(String(i))));
    await turns();
    expect(sink.begun).toEqual(Array.from({ length: 10 }, (_, i) => `k/${i}`));
    sink.release();
    const receipts = await Promise.all(all);
    expect(receipts.map(({ key }) => key)).toEqual(Array.from({ length: 25 }, (_, i) => `k/${i}`));
  });

  it("gives each failure to its own caller and goes on", async () => {
    const store = openStore();
    const uploads = new ParallelUploads({
      store: {
        put: async (key, body) => {
          if (key.endsWith("3")) throw unavailable("away");
          return store.put(key, body);
        },
      },
      inFlightMax: 2,
    });
    const all = Array.from({ length: 12 }, (_, i) => uploads.put(`k/${i}`, Buffer.from(String(i))));
    const outcomes = await Promise.allSettled(all);
    expect(outcomes.flatMap(({ status }, i) => (status === "rejected" ? [i] : []))).toEqual([3]);
    expect((await read(store, "k/11")).toString()).toBe("11");
  });

  it("refuses more than may wait, and forgets who stopped waiting", async () => {
    const sink = heldSink();
    const uploads = new ParallelUploads({ store: sink, inFlightMax: 1, waitingMax: 1 });
    const first = uploads.put("a", Buffer.from("a"));
    using soon = deadlineAfter(systemClock, 10);
    const late = uploads.put("b", Buffer.from("b"), { deadline: soon });
    const refused = uploads.put("c", Buffer.from("c"));
    await expect(refused).rejects.toMatchObject({ code: "unavailable", retryAfterMs: expect.any(Number) });
    await expect(late).rejects.toMatchObject({ code: "deadline_exceeded" });
    const next = uploads.put("d", Buffer.from("d"));
    sink.release();
    await first;
    await next;
    expect(sink.begun).toEqual(["a", "d"]);
  });

  it("is idle when everything has ended, well or not", async () => {
    const sink = heldSink();
    const uploads = new ParallelUploads({ store: sink, inFlightMax: 1 });
    let ended = 0;
    for (const key of ["a", "b", "../bad"]) {
      uploads
        .put(key, Buffer.from("x"))
        .catch(() => {})
        .finally(() => ended++);
    }
    const idle = uploads.idle();
    sink.release();
    await idle;
    await turns();
    expect(ended).toBe(3);
    await uploads.idle();
  });
});

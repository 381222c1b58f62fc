import { SeededRandom, systemClock, unavailable } from "@akidb/base";
import { describe, expect, it } from "vitest";
import { lazyObjectStore } from "./lazyObjectStore.ts";
import { openMemoryObjectStore } from "./memory/memoryObjectStore.ts";
import { checkObjectStore } from "./objectStore.contract.ts";

const openMemory = async () => openMemoryObjectStore({ clock: systemClock, random: new SeededRandom(1) });

checkObjectStore("memory, opened when needed", async () => ({
  store: lazyObjectStore(openMemory),
  end: async () => {},
}));

describe("lazyObjectStore", () => {
  it("is not opened to be closed", async () => {
    let openings = 0;
    const store = lazyObjectStore(() => {
      openings++;
      return openMemory();
    });
    await store.close();
    expect(openings).toBe(0);
  });

  it("opens once, and again after an opening that failed", async () => {
    let openings = 0;
    const store = lazyObjectStore(async () => {
      openings++;
      if (openings === 1) throw unavailable("not yet");
      return openMemory();
    });
    await expect(store.list()).rejects.toMatchObject({ code: "unavailable" });
    await Promise.all([store.put("a", Uint8Array.of(1)), store.list()]);
    expect((await store.head("a")).sizeBytes).toBe(1);
    expect(openings).toBe(2);
  });
});

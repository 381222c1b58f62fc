import { systemClock, systemRandom } from "@akidb/base";
import { expect, it } from "vitest";
import { measuredObjectStore, type ObjectMeter } from "./measuredObjectStore.ts";
import { openMemoryObjectStore } from "./memory/memoryObjectStore.ts";
import { objectBytes } from "./objectBytes.ts";
import { checkObjectStore } from "./objectStore.contract.ts";

const measured = (meter: ObjectMeter) =>
  measuredObjectStore(
    openMemoryObjectStore({ clock: systemClock, random: systemRandom }),
    meter,
    systemClock,
  );

checkObjectStore("measured", async () => ({
  store: measured({ uploaded: () => {}, downloaded: () => {} }),
  end: async () => {},
}));

it("tells of bytes that were stored and read, and not of what failed", async () => {
  const told = { uploads: [] as number[], downloadedBytes: 0 };
  const store = measured({
    uploaded: (bytes, durationMs) => {
      expect(durationMs).toBeGreaterThanOrEqual(0);
      told.uploads.push(bytes);
    },
    downloaded: (bytes) => {
      told.downloadedBytes += bytes;
    },
  });
  await store.put("a", new Uint8Array(1_000));
  await expect(store.put("a", new Uint8Array(7), { ifNoneMatch: "*" })).rejects.toThrow();
  await expect(store.get("b")).rejects.toThrow();
  await objectBytes(store, "a", { bytesMax: 1_000 });
  await using reading = await store.get("a", { range: { offset: 10, length: 20 } });
  for await (const _ of reading.body);
  expect(told).toEqual({ uploads: [1_000], downloadedBytes: 1_020 });
});

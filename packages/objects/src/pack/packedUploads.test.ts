import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type IdGenerator, parseId, systemClock, systemRandom, unavailable } from "@akidb/base";
import { beforeEach, describe, expect, it } from "vitest";
import { allObjects } from "../allObjects.ts";
import { DamagedObjectError } from "../damagedObjectError.ts";
import { openMemoryObjectStore } from "../memory/memoryObjectStore.ts";
import { objectLimits } from "../objectLimits.ts";
import { read, sampleBytes } from "../objectStore.contract.ts";
import type { ObjectStore } from "../objectStore.ts";
import { ParallelUploads } from "../parallelUploads.ts";
import type { PackedObject } from "./packedObject.ts";
import { PackedUploads, type PackedUploadsOptions } from "./packedUploads.ts";
import { readPackedObject, readPackIndex } from "./readPack.ts";

/** Ids that are the same in every run. */
const countingIds = (): IdGenerator => {
  let made = 0;
  return {
    next: <Kind extends string>() =>
      parseId<Kind>(`01890000-0000-7000-8000-${String(++made).padStart(12, "0")}`)!,
  };
};

describe("packed uploads", () => {
  let store: ObjectStore;
  beforeEach(() => {
    store = openMemoryObjectStore({ clock: systemClock, random: systemRandom });
  });

  const packing = (options: Partial<PackedUploadsOptions> = {}) =>
    new PackedUploads({ sink: store, prefix: "wal/", ids: countingIds(), waitMaxMs: 60_000, ...options });

  const packKeys = async () => {
    const keys: string[] = [];
    for await (const { key } of allObjects(store, { prefix: "wal/" })) keys.push(key);
    return keys;
  };

  it("gather objects, each of which is read back by its place and found in the index", async () => {
    const uploads = packing({ sink: new ParallelUploads({ store }) });
    const items = Array.from({ length: 250 }, (_, i) => ({
      name: `segment-${i} ü`,
      bytes: sampleBytes(i * 7, i + 1),
    }));
    const waiting = items.map(({ name, bytes }) => uploads.put(name, bytes));
    await uploads.flush();
    const places = await Promise.all(waiting);
    expect(await packKeys()).toHaveLength(3);
    for (const [i, place] of places.entries()) {
      const kept = JSON.parse(JSON.stringify(place)) as PackedObject;
      expect(Buffer.from(await readPackedObject(store, kept))).toEqual(Buffer.from(items[i]!.bytes));
    }
    const found = [];
    for (const packKey of await packKeys()) found.push(...(await readPackIndex(store, packKey)));
    expect(found).toEqual(places);
  });

  it("send a pack when it is full of bytes", async () => {
    const uploads = packing({ bytesMax: 1_000 });
    const waiting = [400, 400, 400, 1_000].map((length, i) => uploads.put(`n${i}`, sampleBytes(length)));
    await Promise.all(waiting.slice(0, 2));
    await Promise.all(waiting);
    const sizes = [];
    for (const key of await packKeys())
      sizes.push((await readPackIndex(store, key)).map((each) => each.sizeBytes));
    expect(sizes).toEqual([[400, 400], [400], [1_000]]);
  });

  it("send a pack when its first object has waited long enough", async () => {
    const uploads = packing({ waitMaxMs: 5 });
    const { packKey } = await uploads.put("only", Buffer.from("x"));
    expect(await packKeys()).toEqual([packKey]);
  });

  it("fail together, and only those of the failed pack", async () => {
    let isAway = true;
    const uploads = packing({
      objectsMax: 2,
      sink: {
        put: async (key, body, options) => {
          if (isAway) throw unavailable("away");
          return store.put(key, body, options);
        },
      },
    });
    const lost = [uploads.put("a", Buffer.from("a")), uploads.put("b", Buffer.from("b"))];
    for (const each of lost) await expect(each).rejects.toMatchObject({ code: "unavailable" });
    isAway = false;
    const kept = await Promise.all([uploads.put("c", Buffer.from("c")), uploads.put("d", Buffer.from("d"))]);
    expect(Buffer.from(await readPackedObject(store, kept[1])).toString()).toBe("d");
  });

  it("send what waits before they close, and take nothing after", async () => {
    const uploads = packing();
    const place = uploads.put("a", Buffer.from("x"));
    await uploads.close();
    expect(Buffer.from(await readPackedObject(store, await place)).toString()).toBe("x");
    await expect(uploads.put("b", Buffer.from("x"))).rejects.toMatchObject({ code: "unavailable" });
  });

  it("refuse what no pack can hold", async () => {
    const uploads = packing();
    const large = uploads.put("a", new Uint8Array(objectLimits.packBytesMax + 1));
    await expect(large).rejects.toMatchObject({ violations: [{ path: "body" }] });
    for (const name of ["n".repeat(513), "\ud800"]) {
      const named = uploads.put(name, new Uint8Array());
      await expect(named).rejects.toMatchObject({ violations: [{ path: "name" }] });
    }
  });

  it("hold a bounded number of bytes in memory", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const uploads = packing({
      sink: { put: (key, body, options) => promise.then(() => store.put(key, body, options)) },
    });
    const chunk = new Uint8Array(objectLimits.packBytesMax);
    const fitting = Math.floor(objectLimits.packingBytesMax / chunk.length);
    const waiting = Array.from({ length: fitting }, () => uploads.put("a", chunk));
    await expect(uploads.put("b", chunk)).rejects.toMatchObject({ code: "unavailable" });
    resolve();
    await Promise.all(waiting);
    await uploads.put("b", chunk);
  });

  it("notice every flipped bit", async () => {
    const uploads = packing();
    const waiting = [uploads.put("one", sampleBytes(50)), uploads.put("two", sampleBytes(60, 2))];
    await uploads.flush();
    const places = await Promise.all(waiting);
    const packKey = places[0]!.packKey;
    const whole = await read(store, packKey);
    for (let at = 0; at < whole.length; at++) {
      const flipped = Buffer.from(whole);
      flipped[at] = (flipped[at] as number) ^ (1 << (at % 8));
      await store.put(packKey, flipped);
      const isIndex = at < places[0]!.offset;
      if (isIndex)
        await expect(readPackIndex(store, packKey), `byte ${at}`).rejects.toThrow(DamagedObjectError);
      const damaged = places.filter(({ offset, sizeBytes }) => at >= offset && at < offset + sizeBytes);
      expect(damaged).toHaveLength(isIndex ? 0 : 1);
      for (const place of damaged) {
        await expect(readPackedObject(store, place), `byte ${at}`).rejects.toThrow(DamagedObjectError);
      }
    }
    for (const length of [0, 10, 30]) {
      await store.put(packKey, whole.subarray(0, length));
      await expect(readPackIndex(store, packKey)).rejects.toThrow(DamagedObjectError);
    }
  });
});

/**
 * The bytes of a pack, for ever: if they change, raise the format version, keep the old reader and add another golden
 * file. A missing file is written by the test, which then fails so that it is looked at.
 */
describe("the bytes of a pack", () => {
  const golden = fileURLToPath(new URL("./golden/pack-1.pack", import.meta.url));
  const items: readonly (readonly [name: string, bytes: Buffer])[] = [
    ["first", Buffer.from("the bytes of the first")],
    ["größe", Buffer.alloc(0)],
    ["third", Buffer.from([0, 1, 2, 255])],
  ];

  it("are what version 1 wrote, and are read as what they mean", async () => {
    const store = openMemoryObjectStore({ clock: systemClock, random: systemRandom });
    const uploads = new PackedUploads({ sink: store, prefix: "p/", ids: countingIds(), waitMaxMs: 60_000 });
    const waiting = items.map(([name, bytes]) => uploads.put(name, bytes));
    await uploads.close();
    const places = await Promise.all(waiting);
    const packKey = places[0]!.packKey;
    const bytes = await read(store, packKey);
    if (!existsSync(golden)) {
      writeFileSync(golden, bytes);
      expect.fail(`wrote ${golden}; look at it, then commit it`);
    }
    expect(bytes.toString("hex")).toBe(readFileSync(golden).toString("hex"));
    await store.put("golden", readFileSync(golden));
    const index = await readPackIndex(store, "golden");
    expect(index.map(({ name }) => name)).toEqual(items.map(([name]) => name));
    for (const [i, place] of index.entries()) {
      expect(Buffer.from(await readPackedObject(store, place))).toEqual(items[i]![1]);
    }
  });

  it("of a later version are refused, not guessed at", async () => {
    const store = openMemoryObjectStore({ clock: systemClock, random: systemRandom });
    const { crc32c } = await import("@node-rs/crc32");
    const bytes = Buffer.from(readFileSync(golden));
    const indexBytes = bytes.readUInt32LE(12);
    bytes.writeUInt32LE(2, 8);
    bytes.writeUInt32LE(crc32c(bytes.subarray(20, indexBytes), crc32c(bytes.subarray(0, 16))), 16);
    await store.put("later", bytes);
    await expect(readPackIndex(store, "later")).rejects.toMatchObject({ code: "failed_precondition" });
  });
});

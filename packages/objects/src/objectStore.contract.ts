import { AkiDbError, deadlineAfter, noDeadline, SeededRandom, systemClock } from "@akidb/base";
import { crc32c } from "@node-rs/crc32";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { allObjects } from "./allObjects.ts";
import { objectBytes } from "./objectBytes.ts";
import { compareObjectKeys } from "./objectKey.ts";
import type { ObjectStore } from "./objectStore.ts";

const MiB = 1024 * 1024;

/** Reproducible bytes that no compression and no zeroed buffer could be taken for. */
export function sampleBytes(length: number, seed = 1): Uint8Array {
  const words = new Uint32Array(Math.ceil(length / 4));
  let state = seed * 2_654_435_761;
  for (let i = 0; i < words.length; i++) {
    // xorshift32 (Marsaglia 2003)
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
  return new Uint8Array(words.buffer, 0, length);
}

/** Each chunk is where the one before was: nobody may keep any. */
export async function* streamOf(bytes: Uint8Array, chunkBytes = 100_000): AsyncGenerator<Uint8Array> {
  const window = new Uint8Array(chunkBytes);
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    const chunk = bytes.subarray(at, at + chunkBytes);
    window.set(chunk);
    yield window.subarray(0, chunk.length);
  }
}

export const read = async (store: Pick<ObjectStore, "get">, key: string): Promise<Buffer> =>
  Buffer.from((await objectBytes(store, key, { bytesMax: 64 * MiB })).bytes);

/** Equal without the megabytes that a failed `toEqual` would print. */
const expectSame = (actual: Uint8Array, wanted: Uint8Array): void =>
  expect(Buffer.compare(actual, wanted), `${actual.length} bytes, ${wanted.length} wanted`).toBe(0);

export interface OpenedStore {
  /** Nobody else uses it. */
  readonly store: ObjectStore;
  readonly end: () => Promise<void>;
}

/** @param lacks what the server behind the store is known not to do, as an exception to the contract */
export function checkObjectStore(
  kind: string,
  open: () => Promise<OpenedStore>,
  lacks: readonly "if-match of parts"[] = [],
): void {
  describe(`object store ${kind}`, () => {
    let store: ObjectStore;
    let end: () => Promise<void>;
    beforeAll(async () => {
      ({ store, end } = await open());
    });
    afterAll(async () => {
      await store?.close();
      await end?.();
    });

    it.each([0, 1, 65_535, 65_536, 65_537, 300_000])("gives back %d bytes as they were", async (length) => {
      const bytes = sampleBytes(length);
      const receipt = await store.put("round/trip", bytes, { sizeBytes: length, crc32c: crc32c(bytes) });
      expect(receipt).toMatchObject({ key: "round/trip", sizeBytes: length, etag: expect.any(String) });
      const read = await objectBytes(store, "round/trip", { bytesMax: length });
      expectSame(read.bytes, bytes);
      expect(read.info).toMatchObject({ key: "round/trip", sizeBytes: length, etag: receipt.etag });
      expect(Math.abs(read.info.modifiedAtMs - Date.now())).toBeLessThan(60_000);
      expect(await store.head("round/trip")).toEqual(read.info);
    });

    it.each([0, 5, 250_000])("takes a stream of %d bytes, its length told or not", async (length) => {
      const bytes = sampleBytes(length, 2);
      for (const options of [{}, { sizeBytes: length }]) {
        expect((await store.put("stream", streamOf(bytes), options)).sizeBytes).toBe(length);
        expectSame(await read(store, "stream"), bytes);
      }
    });

    it("takes bodies of many parts", async () => {
      for (const length of [8 * MiB, 8 * MiB + 1, 20 * MiB + 3]) {
        const bytes = sampleBytes(length, 3);
        await store.put("large/bytes", bytes);
        expectSame(await read(store, "large/bytes"), bytes);
        await store.put("large/stream", streamOf(bytes, 1_000_003), { crc32c: crc32c(bytes) });
        expectSame(await read(store, "large/stream"), bytes);
      }
      const options = { range: { offset: 8 * MiB - 10, length: 20 }, bytesMax: 20 };
      const across = await objectBytes(store, "large/stream", options);
      expectSame(across.bytes, sampleBytes(20 * MiB + 3, 3).subarray(8 * MiB - 10, 8 * MiB + 10));
    });

    it("stores nothing of a body that is not what was announced", async () => {
      await store.put("announced", Buffer.from("before"));
      const bytes = sampleBytes(10_000);
      const large = sampleBytes(9 * MiB);
      for (const [body, options] of [
        [bytes, { sizeBytes: 9_999 }],
        [streamOf(bytes), { sizeBytes: 10_001 }],
        [streamOf(bytes), { sizeBytes: 9_999 }],
        [bytes, { crc32c: crc32c(bytes) ^ 1 }],
        [streamOf(bytes), { crc32c: crc32c(bytes) ^ 1 }],
        [streamOf(large), { crc32c: crc32c(large) ^ 1 }],
      ] as const) {
        await expect(store.put("announced", body, options)).rejects.toMatchObject({
          code: "invalid_argument",
          violations: [{ path: "body" }],
        });
      }
      expect((await read(store, "announced")).toString()).toBe("before");
    });

    it("stores nothing of a stream that breaks, and passes on why", async () => {
      await store.put("broken", Buffer.from("before"));
      for (const bytesBefore of [10, 17 * MiB]) {
        const reason = new Error("the source broke");
        async function* breaking() {
          yield* streamOf(sampleBytes(bytesBefore), MiB);
          throw reason;
        }
        await expect(store.put("broken", breaking())).rejects.toBe(reason);
      }
      expect((await read(store, "broken")).toString()).toBe("before");
    });

    it("reads ranges", async () => {
      const bytes = sampleBytes(200_000, 4);
      await store.put("ranges", bytes);
      for (const [offset, length] of [
        [0, 1],
        [65_535, 2],
        [199_999, 1],
        [1, 199_999],
        [70_000, 65_536],
      ] as const) {
        const options = { range: { offset, length }, bytesMax: length };
        const { bytes: part, info } = await objectBytes(store, "ranges", options);
        expectSame(part, bytes.subarray(offset, offset + length));
        expect(info.sizeBytes).toBe(200_000);
      }
    });

    it("refuses ranges that are not within the object", async () => {
      await store.put("short", Buffer.from("12345"));
      for (const range of [
        { offset: 0, length: 0 },
        { offset: -1, length: 2 },
        { offset: 0, length: 6 },
        { offset: 4, length: 2 },
        { offset: 5, length: 1 },
        { offset: 100, length: 10 },
        { offset: 0.5, length: 1 },
      ]) {
        await expect(store.get("short", { range }), JSON.stringify(range)).rejects.toMatchObject({
          code: "invalid_argument",
          violations: [{ path: "range" }],
        });
      }
    });

    it("does not list what is being put as unfinished", async () => {
      const { promise: isLooked, resolve: go } = Promise.withResolvers<void>();
      const { promise: isHalf, resolve: half } = Promise.withResolvers<void>();
      async function* slow() {
        yield* streamOf(sampleBytes(9 * MiB), MiB);
        half();
        await isLooked;
        yield Buffer.from("end");
      }
      const putting = store.put("unfinished/slow", slow());
      await isHalf;
      expect(await store.listUnfinished({ prefix: "unfinished/" })).toEqual({ puts: [] });
      const other = { id: "none", key: "unfinished/slow", sizeBytes: 0, modifiedAtMs: 0 };
      await store.removeUnfinished(other);
      go();
      expect((await putting).sizeBytes).toBe(9 * MiB + 3);
      expect(await store.listUnfinished()).toEqual({ puts: [] });
      await expect(store.listUnfinished({ limit: 0 })).rejects.toMatchObject({ code: "invalid_argument" });
    });

    it("says that an object is not there", async () => {
      await expect(store.get("absent")).rejects.toMatchObject({ code: "not_found" });
      await expect(store.head("absent")).rejects.toMatchObject({ code: "not_found" });
      await store.delete("absent");
      await store.put("present", Buffer.from("x"));
      await store.delete("present");
      await expect(store.get("present")).rejects.toMatchObject({ code: "not_found" });
      await expect(store.head("present")).rejects.toMatchObject({ code: "not_found" });
    });

    it.each(["", "/a", "a/", "a//b", "../a", "a/../b", "a/.", "a\u0000b", "a\nb", "a\\b", "\ud800"])(
      "refuses the key %j",
      async (key) => {
        const refused = { code: "invalid_argument", violations: [{ path: "key" }] };
        await expect(store.put(key, Buffer.from("x"))).rejects.toMatchObject(refused);
        await expect(store.get(key)).rejects.toMatchObject(refused);
        await expect(store.head(key)).rejects.toMatchObject(refused);
        await expect(store.delete(key)).rejects.toMatchObject(refused);
        await expect(store.deleteMany(["fine", key])).rejects.toMatchObject(refused);
      },
    );

    it("refuses keys that are too long", async () => {
      const longest = Array.from({ length: 7 }, () => "x".repeat(72)).join("/");
      await store.put(longest, Buffer.from("x"));
      await store.put("é".repeat(40), Buffer.from("x"));
      await store.deleteMany([longest, "é".repeat(40)]);
      for (const key of [`${longest}/1234567`, "x".repeat(81), "é".repeat(41)]) {
        await expect(store.put(key, Buffer.from("x"))).rejects.toMatchObject({ code: "invalid_argument" });
      }
    });

    it("keeps keys apart and in the order of their bytes", async () => {
      const keys = [
        "odd/A",
        "odd/a",
        "odd/a b+c%20&<d>\"'",
        "odd/a.b",
        "odd/a-b",
        "odd/a/b",
        "odd/a/b/c",
        "odd/a@object",
        "odd/@temporary/x",
        "odd/.hidden.",
        "odd/...",
        "odd/~!$*(),;=:?#[]{}|^`",
        "odd/é",
        "odd/e\u0301",
        "odd/\uffee",
        "odd/\u{1f600}",
        "odd/con",
      ];
      for (const key of keys) await store.put(key, Buffer.from(key));
      for (const key of keys) expect((await read(store, key)).toString()).toBe(key);
      const { objects } = await store.list({ prefix: "odd/" });
      expect(objects.map(({ key }) => key)).toEqual(keys.toSorted(compareObjectKeys));
      for (const { key, sizeBytes } of objects) expect(sizeBytes).toBe(Buffer.byteLength(key));
      expect(await store.deleteMany(keys)).toEqual([]);
      expect(await store.list({ prefix: "odd/" })).toEqual({ objects: [] });
    });

    it("lists page by page", async () => {
      const keys = Array.from(
        { length: 25 },
        (_, i) => `pages/${i % 5}/${String(i).padStart(2, "0")}`,
      ).sort();
      for (const key of keys) await store.put(key, Buffer.from(key));
      const first = await store.list({ prefix: "pages/", limit: 10 });
      expect(first.objects.map(({ key }) => key)).toEqual(keys.slice(0, 10));
      const second = await store.list({ prefix: "pages/", limit: 10, cursor: first.nextCursor ?? "" });
      expect(second.objects.map(({ key }) => key)).toEqual(keys.slice(10, 20));
      const last = await store.list({ prefix: "pages/", limit: 10, cursor: second.nextCursor ?? "" });
      expect(last.objects.map(({ key }) => key)).toEqual(keys.slice(20));
      expect(last.nextCursor).toBeUndefined();
      for (const [prefix, wanted] of [
        ["pages/3", 5],
        ["pages/3/", 5],
        ["pages/3/0", 2],
        ["pages", 25],
        ["pages/9", 0],
        ["pages/0/05x", 0],
      ] as const) {
        const found = [];
        for await (const { key } of allObjects(store, { prefix, limit: 3 })) found.push(key);
        expect(found).toEqual(keys.filter((key) => key.startsWith(prefix)));
        expect(found).toHaveLength(wanted);
      }
      const { etag } = await store.head("pages/0/00");
      expect(first.objects[0]?.etag).toBe(etag);
    });

    it("refuses a list that cannot be", async () => {
      for (const options of [{ limit: 0 }, { limit: 1_001 }, { prefix: "/a" }, { prefix: "a/../" }]) {
        await expect(store.list(options)).rejects.toMatchObject({ code: "invalid_argument" });
      }
    });

    it("deletes many, also more than fit one request", async () => {
      const keys = Array.from({ length: 1_005 }, (_, i) => `many/${i}`);
      await store.put("many/0", Buffer.from("a"));
      await store.put("many/1004", Buffer.from("b"));
      await store.put("manyfold", Buffer.from("c"));
      expect(await store.deleteMany(keys)).toEqual([]);
      expect((await store.list({ prefix: "many" })).objects.map(({ key }) => key)).toEqual(["manyfold"]);
      expect(await store.deleteMany([])).toEqual([]);
    });

    it("changes the etag with the content", async () => {
      const first = await store.put("etag", Buffer.from("1"));
      const second = await store.put("etag", Buffer.from("2"));
      expect(second.etag).not.toBe(first.etag);
      expect((await store.head("etag")).etag).toBe(second.etag);
      const stale = { ifMatch: first.etag };
      await expect(store.get("etag", stale)).rejects.toMatchObject({ code: "failed_precondition" });
      const { bytes } = await objectBytes(store, "etag", { ifMatch: second.etag, bytesMax: 1 });
      expect(Buffer.from(bytes).toString()).toBe("2");
    });

    it("creates only where nothing is, and lets one of many win", async () => {
      const attempts = await Promise.allSettled(
        Array.from({ length: 8 }, (_, i) => store.put("lock", Buffer.from([i]), { ifNoneMatch: "*" })),
      );
      const winners = attempts.flatMap(({ status }, i) => (status === "fulfilled" ? [i] : []));
      expect(winners).toHaveLength(1);
      for (const attempt of attempts) {
        if (attempt.status === "rejected") {
          expect(attempt.reason).toMatchObject({ code: "failed_precondition" });
        }
      }
      expect([...(await read(store, "lock"))]).toEqual(winners);
      await store.delete("lock");
      await store.put("lock", Buffer.from("again"), { ifNoneMatch: "*" });
    });

    it("replaces only what is still the same", async () => {
      const { etag } = await store.put("counter", Buffer.from("0"));
      const attempts = await Promise.allSettled(
        [1, 2, 3].map((value) => store.put("counter", Buffer.from([value]), { ifMatch: etag })),
      );
      const winners = attempts.flatMap(({ status }, i) => (status === "fulfilled" ? [i + 1] : []));
      expect(winners).toHaveLength(1);
      expect([...(await read(store, "counter"))]).toEqual(winners);
      const stale = { ifMatch: etag };
      const refused = { code: "failed_precondition" };
      await expect(store.put("counter", Buffer.from("x"), stale)).rejects.toMatchObject(refused);
      await expect(store.put("no-counter", Buffer.from("x"), stale)).rejects.toMatchObject(refused);
      await expect(store.head("no-counter")).rejects.toMatchObject({ code: "not_found" });
      const both = { ifMatch: etag, ifNoneMatch: "*" } as const;
      await expect(store.put("counter", Buffer.from("x"), both)).rejects.toMatchObject({
        code: "invalid_argument",
      });
    });

    it("holds a large body to its conditions, too", async () => {
      const bytes = sampleBytes(9 * MiB);
      const { etag } = await store.put("large/once", bytes, { ifNoneMatch: "*" });
      const again = store.put("large/once", sampleBytes(9 * MiB, 9), { ifNoneMatch: "*" });
      await expect(again).rejects.toMatchObject({ code: "failed_precondition" });
      expectSame(await read(store, "large/once"), bytes);
      await store.put("large/once", Buffer.from("small"), { ifMatch: etag });
      if (lacks.includes("if-match of parts")) return;
      const stale = store.put("large/once", streamOf(bytes), { ifMatch: etag });
      await expect(stale).rejects.toMatchObject({ code: "failed_precondition" });
      expect((await read(store, "large/once")).toString()).toBe("small");
    });

    it("reads on while the object is replaced or deleted, or says that it changed", async () => {
      const bytes = sampleBytes(6 * MiB, 5);
      await store.put("replaced", bytes);
      await using reading = await store.get("replaced");
      const chunks: Uint8Array[] = [];
      let at = 0;
      const reads = async () => {
        for await (const chunk of reading.body) {
          if (at === 0) await store.put("replaced", sampleBytes(6 * MiB, 6));
          chunks.push(chunk);
          at += chunk.length;
        }
      };
      const failure = await reads().catch((error: unknown) => error);
      if (failure === undefined) expectSame(Buffer.concat(chunks), bytes);
      else expect(failure).toMatchObject({ code: "failed_precondition" });
    });

    it("lets go of a reading that nobody ends", async () => {
      await store.put("unread", sampleBytes(3 * MiB));
      for (let i = 0; i < 60; i++) {
        await using reading = await store.get("unread");
        if (i % 2 === 0) continue;
        for await (const _ of reading.body) break;
      }
      await store.delete("unread");
    });

    it("starts nothing after its deadline", async () => {
      using past = deadlineAfter(systemClock, 0);
      await new Promise((resolve) => setTimeout(resolve, 5));
      const late = { code: "deadline_exceeded" };
      const deadline = past;
      await expect(store.put("late", Buffer.from("x"), { deadline })).rejects.toMatchObject(late);
      await expect(store.put("late", streamOf(sampleBytes(10)), { deadline })).rejects.toMatchObject(late);
      await expect(store.get("late", { deadline })).rejects.toMatchObject(late);
      await expect(store.head("late", { deadline })).rejects.toMatchObject(late);
      await expect(store.list({ deadline })).rejects.toMatchObject(late);
      await expect(store.delete("late", { deadline })).rejects.toMatchObject(late);
      await expect(store.head("late")).rejects.toMatchObject({ code: "not_found" });
    });

    it("stops in the middle when its caller goes away", async () => {
      await store.put("left", sampleBytes(6 * MiB));
      const gone = new AbortController();
      const deadline = noDeadline(gone.signal);
      await using reading = await store.get("left", { deadline });
      const reads = async () => {
        for await (const _ of reading.body) gone.abort();
      };
      await expect(reads()).rejects.toMatchObject({ code: "unavailable" });

      const goneToo = new AbortController();
      async function* endless() {
        for (let i = 0; ; i++) {
          if (i === 20) goneToo.abort();
          yield sampleBytes(MiB);
        }
      }
      const put = store.put("endless", endless(), { deadline: noDeadline(goneToo.signal) });
      await expect(put).rejects.toMatchObject({ code: "unavailable" });
      await expect(store.head("endless")).rejects.toMatchObject({ code: "not_found" });
    });

    it("agrees with a map about random changes", async () => {
      const seed = Math.floor(Math.random() * 2 ** 31);
      const random = new SeededRandom(seed);
      const model = new Map<string, Buffer>();
      const keys = ["m/a", "m/a/b", "m/a/b/c", "m/a.b", "m/b", "m/b/c"];
      for (let step = 0; step < 120; step++) {
        const key = keys[random.nextInt(keys.length)] as string;
        const message = `seed ${seed}, step ${step}, key ${key}`;
        switch (random.nextInt(5)) {
          case 0:
          case 1: {
            const bytes = Buffer.from(sampleBytes(random.nextInt(2_000), random.nextInt(1_000) + 1));
            const isNew = random.nextInt(2) === 0;
            const put = store.put(key, bytes, isNew ? { ifNoneMatch: "*" } : {});
            const error = await put.then(
              () => undefined,
              (reason: unknown) => reason,
            );
            if (isNew && model.has(key))
              expect(error, message).toMatchObject({ code: "failed_precondition" });
            else {
              expect(error, message).toBeUndefined();
              model.set(key, bytes);
            }
            break;
          }
          case 2:
            await store.delete(key);
            model.delete(key);
            break;
          case 3: {
            const found = await read(store, key).catch((error: unknown) => error);
            if (model.has(key)) expectSame(found as Buffer, model.get(key) as Buffer);
            else expect(found, message).toBeInstanceOf(AkiDbError);
            break;
          }
          default: {
            const prefix = key.slice(0, 1 + random.nextInt(key.length));
            const { objects } = await store.list({ prefix: prefix.startsWith("m/") ? prefix : "m/" });
            const wanted = [...model.keys()]
              .filter((each) => each.startsWith(prefix))
              .sort(compareObjectKeys);
            expect(
              objects.map((object) => object.key),
              message,
            ).toEqual(wanted);
          }
        }
      }
    });
  });
}

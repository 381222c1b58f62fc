import { deadlineAfter, noDeadline, SeededRandom, systemClock, systemRandom } from "@akidb/base";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { objectBytes } from "../objectBytes.ts";
import { read, sampleBytes, streamOf } from "../objectStore.contract.ts";
import type { ObjectStore } from "../objectStore.ts";
import type { RetryNotice } from "../retry/retryOptions.ts";
import { type S3Failing, type S3Operation, type S3Server, startS3Server } from "../s3Server/index.ts";
import { openS3ObjectStore } from "./openS3ObjectStore.ts";

const MiB = 1024 * 1024;

const slowDown: S3Failing = { kind: "refuse", status: 503, code: "SlowDown" };
const lostAnswers: readonly S3Failing[] = [
  { kind: "refuse after", status: 500, code: "InternalError" },
  { kind: "reset after" },
];

const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

describe("S3 that fails", () => {
  let server: S3Server;
  let store: ObjectStore;
  let retries: RetryNotice[] = [];
  beforeAll(async () => {
    server = await startS3Server();
    store = await openS3ObjectStore({
      endpoint: server.endpoint,
      bucket: server.bucketName,
      ...server.credentials,
      forcePathStyle: true,
      random: systemRandom,
      retry: {
        attemptsMax: 4,
        firstDelayMs: 1,
        delayMaxMs: 20,
        onRetry: (notice) => retries.push(notice),
      },
      idleTimeoutMs: 300,
    });
  });
  afterAll(async () => {
    await store.close();
    await server[Symbol.asyncDispose]();
  });
  beforeEach(() => {
    retries = [];
  });
  afterEach(() => server.faults.clear());

  const fail = (operation: S3Operation, failing: S3Failing, times = 1) =>
    server.faults.add({ operation, failing, times });

  it.each([slowDown, { kind: "reset" }, ...lostAnswers] as const)(
    "repeats what fails with %j",
    async (failing) => {
      for (const operation of [
        "PutObject",
        "GetObject",
        "HeadObject",
        "ListObjectsV2",
        "DeleteObject",
        "DeleteObjects",
      ] as const) {
        fail(operation, failing, 2);
      }
      await store.put("repeated", Buffer.from("x"));
      expect((await read(store, "repeated")).toString()).toBe("x");
      await store.head("repeated");
      expect((await store.list({ prefix: "repeated" })).objects).toHaveLength(1);
      await store.delete("repeated");
      expect(await store.deleteMany(["repeated"])).toEqual([]);
      expect(retries).toHaveLength(12);
    },
  );

  it("gives up after its attempts, and says when to come back", async () => {
    server.faults.add({ operation: "PutObject", failing: { ...slowDown, retryAfterS: 7 }, times: 10 });
    using soon = deadlineAfter(systemClock, 2_000);
    // Seven seconds are more than the deadline leaves: it does not even begin to wait.
    const failure = await failureOf(store.put("never", Buffer.from("x"), { deadline: soon }));
    expect(failure).toMatchObject({ code: "unavailable", retryAfterMs: 7_000 });
    expect(retries).toEqual([]);
    server.faults.clear();
    fail("GetObject", slowDown, 10);
    await expect(store.get("never")).rejects.toMatchObject({ code: "unavailable" });
    expect(retries).toHaveLength(3);
    for (const { delayMs, repetition } of retries) {
      expect(delayMs).toBeGreaterThanOrEqual(2 ** (repetition - 1) / 2);
      expect(delayMs).toBeLessThanOrEqual(2 ** (repetition - 1));
    }
  });

  it("does not repeat what will not get better", async () => {
    fail("PutObject", { kind: "refuse", status: 403, code: "AccessDenied" });
    const refused = { code: "permission_denied" };
    await expect(store.put("refused", Buffer.from("x"))).rejects.toMatchObject(refused);
    fail("PutObject", { kind: "refuse", status: 501, code: "NotImplemented" });
    const unknown = { code: "failed_precondition" };
    await expect(store.put("refused", Buffer.from("x"))).rejects.toMatchObject(unknown);
    expect(retries).toEqual([]);
  });

  it.each([0, 1, 65_536, 3 * MiB - 1])("continues a body that is cut after %d bytes", async (afterBytes) => {
    const bytes = sampleBytes(3 * MiB);
    await store.put("cut", bytes);
    fail("GetObject", { kind: "cut", afterBytes }, 3);
    expect(Buffer.compare(await read(store, "cut"), bytes)).toBe(0);
    fail("GetObject", { kind: "cut", afterBytes: 100 });
    const range = { offset: MiB, length: MiB };
    const { bytes: part } = await objectBytes(store, "cut", { range, bytesMax: MiB });
    expect(Buffer.compare(part, bytes.subarray(MiB, 2 * MiB))).toBe(0);
  });

  it("does not continue with another object", async () => {
    await store.put("swapped", sampleBytes(3 * MiB, 1));
    fail("GetObject", { kind: "cut", afterBytes: MiB });
    await using reading = await store.get("swapped");
    const reads = async () => {
      let isFirst = true;
      for await (const _ of reading.body) {
        if (isFirst) await store.put("swapped", sampleBytes(3 * MiB, 2));
        isFirst = false;
      }
    };
    await expect(reads()).rejects.toMatchObject({ code: "failed_precondition" });
  });

  it("fails rather than end early when the cuts go on", async () => {
    await store.put("hopeless", sampleBytes(1_000));
    fail("GetObject", { kind: "cut", afterBytes: 0 }, 100);
    await expect(read(store, "hopeless")).rejects.toMatchObject({ code: "unavailable" });
  });

  it("goes on after a body that stalls", async () => {
    const bytes = sampleBytes(MiB);
    await store.put("stalled", bytes);
    fail("GetObject", { kind: "stall", afterBytes: 70_000 });
    expect(Buffer.compare(await read(store, "stalled"), bytes)).toBe(0);
  });

  it("never gives wrong bytes for right ones", async () => {
    for (const length of [1_000, 17 * MiB]) {
      await store.put("flipped", sampleBytes(length));
      for (const failing of [
        { kind: "flip", atByte: 0 },
        { kind: "flip", atByte: length - 1 },
        { kind: "wrong checksum" },
      ] as const) {
        fail("GetObject", failing);
        await expect(read(store, "flipped")).rejects.toMatchObject({
          name: "DamagedObjectError",
          key: "flipped",
        });
      }
      expect(Buffer.compare(await read(store, "flipped"), sampleBytes(length))).toBe(0);
    }
  });

  it("verifies a body of several pieces as one", async () => {
    await store.put("pieces", sampleBytes(17 * MiB));
    server.faults.add(
      { operation: "GetObject", failing: { kind: "cut", afterBytes: 9 * MiB } },
      { operation: "GetObject", failing: { kind: "flip", atByte: 5 } },
    );
    await expect(read(store, "pieces")).rejects.toMatchObject({ name: "DamagedObjectError" });
  });

  it.each(lostAnswers)("takes a condition's own win for one: %j", async (failing) => {
    await store.delete("lock");
    fail("PutObject", failing, 2);
    const { etag } = await store.put("lock", Buffer.from("mine"), { ifNoneMatch: "*" });
    expect((await read(store, "lock")).toString()).toBe("mine");
    expect((await store.head("lock")).etag).toBe(etag);

    fail("PutObject", failing);
    const next = await store.put("lock", Buffer.from("next"), { ifMatch: etag });
    expect((await store.head("lock")).etag).toBe(next.etag);
    // The question whose object it is may fail, too.
    fail("PutObject", failing);
    fail("HeadObject", slowDown, 1);
    await store.put("lock", Buffer.from("last"), { ifMatch: next.etag });
  });

  it("does not take another's win for its own, even of equal bytes", async () => {
    await store.delete("contended");
    await store.put("contended", Buffer.from("same"), { ifNoneMatch: "*" });
    // After this answer the first attempt may have won, for all that the client knows.
    fail("PutObject", slowDown);
    const late = store.put("contended", Buffer.from("same"), { ifNoneMatch: "*" });
    await expect(late).rejects.toMatchObject({ code: "failed_precondition" });
  });

  it.each(lostAnswers)("completes parts once, however often it asks: %j", async (failing) => {
    const bytes = sampleBytes(17 * MiB, 7);
    for (const operation of ["CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"] as const) {
      fail(operation, failing, 2);
    }
    await store.delete("parts");
    await store.put("parts", streamOf(bytes, MiB), { ifNoneMatch: "*" });
    expect(Buffer.compare(await read(store, "parts"), bytes)).toBe(0);
  });

  it("abandons the parts of an upload that fails", async () => {
    const before = server.bucket.openUploadCount;
    server.faults.add({ operation: "UploadPart", failing: slowDown, skip: 1, times: 20 });
    fail("AbortMultipartUpload", slowDown);
    const failing = store.put("abandoned", streamOf(sampleBytes(30 * MiB), MiB));
    await expect(failing).rejects.toMatchObject({ code: "unavailable" });
    expect(server.bucket.openUploadCount).toBe(before);
    await expect(store.head("abandoned")).rejects.toMatchObject({ code: "not_found" });
  });

  it("ends at its deadline, in a wait as in an answer that does not come", async () => {
    fail("GetObject", { kind: "delay", delayMs: 5_000 }, 10);
    using soon = deadlineAfter(systemClock, 60);
    await expect(store.get("any", { deadline: soon })).rejects.toMatchObject({ code: "deadline_exceeded" });

    server.faults.clear();
    server.faults.add({ operation: "GetObject", failing: { ...slowDown, retryAfterS: 30 }, times: 10 });
    const gone = new AbortController();
    const waiting = failureOf(store.get("any", { deadline: noDeadline(gone.signal) }));
    while (retries.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    gone.abort();
    expect(await waiting).toMatchObject({ code: "unavailable", message: "the request was cancelled" });
    expect(server.requests.filter((operation) => operation === "GetObject").length).toBeGreaterThan(0);
  });

  it("ends at its deadline in the middle of a body", async () => {
    await store.put("slow", sampleBytes(MiB));
    fail("GetObject", { kind: "stall", afterBytes: 100_000 }, 10);
    using soon = deadlineAfter(systemClock, 100);
    await using reading = await store.get("slow", { deadline: soon });
    const reads = async () => {
      for await (const _ of reading.body);
    };
    await expect(reads()).rejects.toMatchObject({ code: "deadline_exceeded" });
  });

  it("takes a stale list for what it is", async () => {
    await store.put("stale/old", Buffer.from("x"));
    await store.put("stale/new", Buffer.from("x"));
    fail("ListObjectsV2", { kind: "stale", changes: 1 });
    const stale = (await store.list({ prefix: "stale/" })).objects.map(({ key }) => key);
    expect(stale).toEqual(["stale/old"]);
    expect((await read(store, "stale/new")).toString()).toBe("x");
  });

  it("keeps its promises under random failures", async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const random = new SeededRandom(seed);
    const operations: readonly S3Operation[] = ["PutObject", "GetObject", "HeadObject", "DeleteObject"];
    const failings: readonly S3Failing[] = [
      slowDown,
      { kind: "reset" },
      ...lostAnswers,
      { kind: "cut", afterBytes: 100 },
      { kind: "flip", atByte: 50 },
      { kind: "wrong checksum" },
    ];
    /** What a key may hold: after a change of unknown outcome, either of two. */
    const possible = new Map<string, readonly (string | undefined)[]>();
    for (let step = 0; step < 300; step++) {
      const message = `seed ${seed}, step ${step}`;
      for (let i = random.nextInt(4); i > 0; i--) {
        const operation = operations[random.nextInt(operations.length)] as S3Operation;
        const failing = failings[random.nextInt(failings.length)] as S3Failing;
        fail(operation, failing, 1 + random.nextInt(4));
      }
      const key = `random/${random.nextInt(4)}`;
      const before = possible.get(key) ?? [undefined];
      const value = Buffer.from(sampleBytes(500, step + 1)).toString("base64");
      switch (random.nextInt(4)) {
        case 0: {
          const error = await failureOf(store.put(key, Buffer.from(value)));
          if (error !== undefined) expect(error, message).toMatchObject({ code: "unavailable" });
          possible.set(key, error === undefined ? [value] : [...before, value]);
          break;
        }
        case 1: {
          const error = await failureOf(store.put(key, Buffer.from(value), { ifNoneMatch: "*" }));
          if (error === undefined) {
            expect(before, message).toContain(undefined);
            possible.set(key, [value]);
          } else if ((error as { code: string }).code === "failed_precondition") {
            const held = before.filter((each) => each !== undefined);
            expect(held.length, `${message}: no false conflict`).toBeGreaterThan(0);
            possible.set(key, held);
          } else {
            expect(error, message).toMatchObject({ code: "unavailable" });
            possible.set(key, before.includes(undefined) ? [...before, value] : before);
          }
          break;
        }
        case 2: {
          const error = await failureOf(store.delete(key));
          possible.set(key, error === undefined ? [undefined] : [...before, undefined]);
          break;
        }
        default: {
          const found = await read(store, key).catch((error: unknown) => error);
          if (Buffer.isBuffer(found)) {
            expect(before.includes(found.toString()), message).toBe(true);
            possible.set(key, [found.toString()]);
          } else if ((found as { code: string }).code === "not_found") {
            expect(before, message).toContain(undefined);
            possible.set(key, [undefined]);
          } else {
            expect(found, message).toMatchObject({ code: expect.stringMatching(/^(unavailable|internal)$/) });
          }
        }
      }
    }
  });
});

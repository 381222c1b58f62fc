import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SeededRandom, systemRandom } from "@akidb/base";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DamagedObjectError } from "../damagedObjectError.ts";
import { objectBytes } from "../objectBytes.ts";
import { checkObjectStore, read, sampleBytes, streamOf } from "../objectStore.contract.ts";
import type { ObjectStore } from "../objectStore.ts";
import { openLocalObjectStore } from "./localObjectStore.ts";

const openIn = (directory: string): ObjectStore => openLocalObjectStore({ directory, random: systemRandom });

checkObjectStore("local", async () => {
  const directory = mkdtempSync(join(tmpdir(), "akidb-objects-"));
  return {
    store: openIn(join(directory, "made", "when needed")),
    end: async () => rmSync(directory, { recursive: true }),
  };
});

describe("the folder of objects", () => {
  let directory: string;
  let store: ObjectStore;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "akidb-objects-"));
    store = openIn(directory);
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const fileOf = (...parts: readonly string[]) => join(directory, ...parts);

  it("finds a flipped bit anywhere in the file", async () => {
    const bytes = sampleBytes(150_000);
    await store.put("a/flipped", bytes);
    const path = fileOf("a", "flipped@object");
    const whole = readFileSync(path);
    const seed = Math.floor(Math.random() * 2 ** 31);
    const random = new SeededRandom(seed);
    const footer = Array.from({ length: 52 + 12 }, (_, i) => whole.length - 1 - i);
    const sampled = Array.from({ length: 40 }, () => random.nextInt(whole.length));
    for (const at of [0, 65_535, 65_536, 149_999, ...footer, ...sampled]) {
      const flipped = Buffer.from(whole);
      flipped[at] = (flipped[at] as number) ^ (1 << random.nextInt(8));
      writeFileSync(path, flipped);
      const failure = await read(store, "a/flipped").catch((error: unknown) => error);
      // The version is another one then, or damage.
      const isVersion = at >= whole.length - 12 && at < whole.length - 8;
      if (isVersion) expect(failure, `seed ${seed}, byte ${at}`).toMatchObject({ name: /Error/ });
      else expect(failure, `seed ${seed}, byte ${at}`).toBeInstanceOf(DamagedObjectError);
    }
    writeFileSync(path, whole);
    expect(Buffer.compare(await read(store, "a/flipped"), bytes)).toBe(0);
  });

  it("verifies the ranges that it reads, and serves those that are whole", async () => {
    await store.put("ranges", sampleBytes(200_000));
    const whole = readFileSync(fileOf("ranges@object"));
    whole[70_000] = (whole[70_000] as number) ^ 1;
    writeFileSync(fileOf("ranges@object"), whole);
    const range = (offset: number) =>
      objectBytes(store, "ranges", { range: { offset, length: 10 }, bytesMax: 10 });
    expect(Buffer.from((await range(150_000)).bytes)).toEqual(
      Buffer.from(sampleBytes(200_000).subarray(150_000, 150_010)),
    );
    await expect(range(69_000)).rejects.toBeInstanceOf(DamagedObjectError);
  });

  it("finds a file that is cut, emptied or another's, and lists the others", async () => {
    await store.put("cut", sampleBytes(1_000));
    await store.put("empty", sampleBytes(1_000));
    await store.put("moved", sampleBytes(1_000));
    await store.put("whole", Buffer.from("x"));
    truncateSync(fileOf("cut@object"), 500);
    writeFileSync(fileOf("empty@object"), "");
    renameSync(fileOf("moved@object"), fileOf("elsewhere@object"));
    for (const key of ["cut", "empty", "elsewhere"]) {
      await expect(store.get(key)).rejects.toBeInstanceOf(DamagedObjectError);
      await expect(store.head(key)).rejects.toMatchObject({ code: "internal", key });
    }
    const { objects } = await store.list();
    expect(objects.map(({ key }) => key)).toEqual(["cut", "elsewhere", "empty", "whole"]);
    // What is damaged can be replaced and deleted, but does not pass for absent.
    const exists = store.put("cut", Buffer.from("new"), { ifNoneMatch: "*" });
    await expect(exists).rejects.toMatchObject({ code: "failed_precondition" });
    await store.put("cut", Buffer.from("new"));
    expect((await read(store, "cut")).toString()).toBe("new");
    await store.delete("empty");
    await expect(store.head("empty")).rejects.toMatchObject({ code: "not_found" });
  });

  it("refuses what a later version wrote", async () => {
    await store.put("newer", Buffer.from("x"));
    const bytes = readFileSync(fileOf("newer@object"));
    bytes[bytes.length - 12] = 2;
    writeFileSync(fileOf("newer@object"), bytes);
    await expect(store.get("newer")).rejects.toMatchObject({
      code: "failed_precondition",
      message: expect.stringContaining("newer AkiDB"),
    });
  });

  it("ignores what a crash has left, and removes it when told to", async () => {
    await store.put("a", Buffer.from("x"));
    writeFileSync(fileOf("@temporary", "dead"), "half");
    writeFileSync(fileOf("@temporary", "older"), "less");
    utimesSync(fileOf("@temporary", "older"), 1_000, 1_000);
    const reopened = openIn(directory);
    expect((await reopened.list()).objects.map(({ key }) => key)).toEqual(["a"]);
    const page = await reopened.listUnfinished({ limit: 1 });
    expect(page).toMatchObject({ puts: [{ id: "dead", key: undefined, sizeBytes: 4 }], nextCursor: "dead" });
    const [older] = (await reopened.listUnfinished({ cursor: "dead" })).puts;
    expect(older).toEqual({ id: "older", key: undefined, sizeBytes: 4, modifiedAtMs: 1_000_000 });
    for (const put of [older!, older!, { ...older!, id: "../a@object" }])
      await reopened.removeUnfinished(put);
    expect(readdirSync(fileOf("@temporary"))).toEqual(["dead"]);
    expect((await read(reopened, "a")).toString()).toBe("x");
  });

  it("leaves nothing of puts that fail", async () => {
    await store.put("a", Buffer.from("x"));
    const wrong = { sizeBytes: 5 };
    await expect(store.put("b", streamOf(sampleBytes(100)), wrong)).rejects.toThrow();
    await expect(store.put("a", Buffer.from("y"), { ifNoneMatch: "*" })).rejects.toThrow();
    expect(readdirSync(fileOf("@temporary"))).toEqual([]);
    expect(readdirSync(directory).sort()).toEqual(["@temporary", "a@object"]);
  });

  it("does not take others' files for objects", async () => {
    await store.put("a", Buffer.from("x"));
    writeFileSync(fileOf("README.md"), "by hand");
    writeFileSync(fileOf("Upper@object"), "by hand");
    writeFileSync(fileOf("%zz@object"), "by hand");
    mkdirSync(fileOf("Upper"));
    expect((await store.list()).objects.map(({ key }) => key)).toEqual(["a"]);
  });

  it("removes directories with their last object, also while others arrive", async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const random = new SeededRandom(seed);
    const work = async (worker: number) => {
      for (let i = 0; i < 40; i++) {
        const key = `deep/er/${random.nextInt(2)}/${worker}`;
        await store.put(key, Buffer.from(key));
        expect((await read(store, key)).toString(), `seed ${seed}`).toBe(key);
        await store.delete(key);
      }
    };
    await Promise.all([0, 1, 2, 3].map(work));
    expect(existsSync(fileOf("deep"))).toBe(false);
  });

  it.skipIf(process.getuid?.() === 0)("says that the file system refuses", async () => {
    await store.put("a", Buffer.from("x"));
    chmodSync(directory, 0o500);
    try {
      const put = store.put("b/c", Buffer.from("x"));
      await expect(put).rejects.toMatchObject({ code: "permission_denied" });
    } finally {
      chmodSync(directory, 0o700);
    }
  });
});

import { systemRandom } from "@akidb/base";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { allUnfinished } from "../allUnfinished.ts";
import { checkObjectStore, read, sampleBytes, streamOf } from "../objectStore.contract.ts";
import type { ObjectStore, UnfinishedPut } from "../objectStore.ts";
import { type S3Server, startS3Server } from "../s3Server/index.ts";
import { openS3ObjectStore } from "./openS3ObjectStore.ts";
import { parseS3Encryption } from "./s3Encryption.ts";
import type { S3ObjectStoreOptions } from "./s3Options.ts";

const optionsFor = ({ endpoint, bucketName, credentials }: S3Server): S3ObjectStoreOptions => ({
  endpoint,
  bucket: bucketName,
  ...credentials,
  forcePathStyle: true,
  random: systemRandom,
});

checkObjectStore("s3", async () => {
  const server = await startS3Server();
  const store = await openS3ObjectStore({ ...optionsFor(server), prefix: "some/where" });
  return { store, end: async () => server[Symbol.asyncDispose]() };
});

describe("the S3 adapter", () => {
  let server: S3Server;
  let store: ObjectStore;
  beforeAll(async () => {
    server = await startS3Server();
    store = await openS3ObjectStore(optionsFor(server));
  });
  afterAll(async () => {
    await store.close();
    await server[Symbol.asyncDispose]();
  });

  it("keeps to its prefix, and beside others' objects", async () => {
    const other = await openS3ObjectStore({ ...optionsFor(server), prefix: "other/" });
    await store.put("a", Buffer.from("mine"));
    await other.put("a", Buffer.from("theirs"));
    expect((await read(store, "a")).toString()).toBe("mine");
    expect((await other.list()).objects.map(({ key }) => key)).toEqual(["a"]);
    const anyone = { keptHeaders: {}, conditions: { ifMatch: undefined, ifNoneMatch: undefined } };
    for (const key of ["other//b", "other/c/", "other/d\ne"]) {
      server.bucket.put(key, { bytes: Buffer.from("x"), checksum: undefined }, anyone);
    }
    expect((await other.list()).objects.map(({ key }) => key)).toEqual(["a"]);
    await other.close();
  });

  it("reads what others have stored without checksums", async () => {
    const anyone = { keptHeaders: {}, conditions: { ifMatch: undefined, ifNoneMatch: undefined } };
    server.bucket.put("foreign", { bytes: sampleBytes(1_000), checksum: undefined }, anyone);
    expect(Buffer.compare(await read(store, "foreign"), sampleBytes(1_000))).toBe(0);
  });

  it("asks for encryption at rest", async () => {
    for (const [text, headers] of [
      ["AES256", { "x-amz-server-side-encryption": "AES256" }],
      ["aws:kms", { "x-amz-server-side-encryption": "aws:kms" }],
      [
        "aws:kms:arn:aws:kms:eu-west-1:1:key/2",
        {
          "x-amz-server-side-encryption": "aws:kms",
          "x-amz-server-side-encryption-aws-kms-key-id": "arn:aws:kms:eu-west-1:1:key/2",
        },
      ],
    ] as const) {
      const encryption = parseS3Encryption(text, "sse");
      const encrypting = await openS3ObjectStore({ ...optionsFor(server), encryption });
      await encrypting.put("small", Buffer.from("x"));
      await encrypting.put("large", sampleBytes(9 * 1024 * 1024));
      for (const operation of ["PutObject", "CreateMultipartUpload"] as const) {
        expect(Object.fromEntries(server.headersOf(operation) ?? [])).toMatchObject(headers);
      }
      await encrypting.close();
    }
    expect(() => parseS3Encryption("AES-256", "object_store.sse")).toThrow(
      /object_store.sse: must be AES256/,
    );
  });

  it("sends every body with its checksum, and leaves no upload open", async () => {
    await store.put("small", Buffer.from("x"));
    expect(server.headersOf("PutObject")?.get("x-amz-checksum-crc32")).toBe("jNwWgw==");
    await store.put("large", streamOf(sampleBytes(9 * 1024 * 1024)));
    expect(server.headersOf("UploadPart")?.get("x-amz-checksum-crc32")).toMatch(/^.{6}==$/);
    async function* breaking() {
      yield sampleBytes(20 * 1024 * 1024);
      throw new Error("broken");
    }
    await expect(store.put("broken", breaking())).rejects.toThrow("broken");
    expect(server.requests.at(-1)).toBe("AbortMultipartUpload");
    expect(server.bucket.openUploadCount).toBe(0);
  });

  it("lists uploads that others never ended, by their newest part, and ends them", async () => {
    const { bucket } = server;
    const other = await openS3ObjectStore({ ...optionsFor(server), prefix: "un/done" });
    const begin = (key: string) => bucket.createUpload({ key, keptHeaders: {}, algorithm: undefined });
    const ids = ["un/done/a b", "un/done/a b", "un/done/c", "un/doneness/d", "un/done//e"].map(begin);
    const content = (bytes: number) => ({ bytes: sampleBytes(bytes), checksum: undefined });
    for (let number = 1; number <= 1_001; number++)
      bucket.putPart(ids[0]!, number, content(number === 1 ? 10 : 1));
    const wanted = (id: string, key: string, sizeBytes: number) => ({
      id,
      key,
      sizeBytes,
      modifiedAtMs: expect.closeTo(Date.now(), -5),
    });
    const all = [wanted(ids[0]!, "a b", 1_010), wanted(ids[1]!, "a b", 0), wanted(ids[2]!, "c", 0)];
    const found: UnfinishedPut[] = [];
    for await (const put of allUnfinished(other, { limit: 1 })) found.push(put);
    expect(found).toEqual(all);
    expect((await other.listUnfinished({ prefix: "c" })).puts).toEqual(all.slice(2));
    for (const put of [...found, ...found]) await other.removeUnfinished(put);
    expect(bucket.uploads().map(({ key }) => key)).toEqual(["un/done//e", "un/doneness/d"]);
    for (const { id } of bucket.uploads()) bucket.abortUpload(id);
    await other.close();
  });

  it("says what is wrong with the credentials, the bucket, the endpoint", async () => {
    const options = optionsFor(server);
    for (const [changed, wanted] of [
      [{ accessKeyId: "unknown" }, { code: "unauthenticated", message: /InvalidAccessKeyId/ }],
      [{ secretAccessKey: "wrong" }, { code: "unauthenticated", message: /SignatureDoesNotMatch/ }],
      [{ bucket: "no-such-bucket" }, { code: "failed_precondition", message: /bucket does not exist/ }],
      [{ endpoint: "http://127.0.0.1:1" }, { code: "unavailable", message: /ECONNREFUSED/ }],
    ] as const) {
      const wrong = await openS3ObjectStore({ ...options, ...changed, retry: { attemptsMax: 1 } });
      const failure = await wrong.put("a", Buffer.from("x")).catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: wanted.code, message: expect.stringMatching(wanted.message) });
      expect(JSON.stringify(failure) + String(failure)).not.toContain(options.secretAccessKey);
      await wrong.close();
    }
  });

  it.each([
    [{ bucket: "" }, "bucket"],
    [{ bucket: "a/b" }, "bucket"],
    [{ endpoint: "minio:9000" }, "endpoint"],
    [{ endpoint: "not a url" }, "endpoint"],
    [{ accessKeyId: "only" }, "secret_access_key"],
    [{ secretAccessKey: "only" }, "access_key_id"],
  ])("refuses %j", async (changed, path) => {
    const options = { bucket: "bucket", random: systemRandom, ...changed };
    await expect(openS3ObjectStore(options)).rejects.toMatchObject({
      code: "invalid_argument",
      violations: [{ path }],
    });
  });
});

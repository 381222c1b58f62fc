import { Readable } from "node:stream";
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sampleBytes } from "../objectStore.contract.ts";
import { type S3Server, startS3Server } from "../s3Server/index.ts";

/** The SDK with its own defaults, which send and verify more than the adapter asks for. */
describe("the server that the tests use, asked by the SDK alone", () => {
  let server: S3Server;
  let client: S3Client;
  let Bucket: string;
  beforeAll(async () => {
    server = await startS3Server();
    const { endpoint, credentials } = server;
    client = new S3Client({ endpoint, credentials, region: "eu-west-1", forcePathStyle: true });
    Bucket = server.bucketName;
  });
  afterAll(async () => {
    client.destroy();
    await server[Symbol.asyncDispose]();
  });

  it.each(["CRC32", "CRC32C", "SHA1", "SHA256"] as const)(
    "takes aws-chunked bodies with a %s behind",
    async (algorithm) => {
      const bytes = sampleBytes(300_000);
      const Body = Readable.from([bytes.subarray(0, 100_000), bytes.subarray(100_000)]);
      const put = { Bucket, Key: "a b/ü", Body, ContentLength: bytes.length, ChecksumAlgorithm: algorithm };
      await client.send(new PutObjectCommand(put));
      const headers = server.headersOf("PutObject");
      expect(headers?.get("x-amz-content-sha256")).toBe("STREAMING-UNSIGNED-PAYLOAD-TRAILER");
      const get = { Bucket, Key: "a b/ü", ChecksumMode: "ENABLED" } as const;
      const output = await client.send(new GetObjectCommand(get));
      expect(output[`Checksum${algorithm}`]).toBeDefined();
      expect(Buffer.compare((await output.Body?.transformToByteArray()) ?? Buffer.alloc(0), bytes)).toBe(0);
    },
  );

  it("refuses a body whose checksum is another one", async () => {
    for (const wrong of [{ ChecksumCRC32: "AAAAAA==" }, { ContentMD5: "1B2M2Y8AsgTpgAmY7PhCfg==" }]) {
      const put = { Bucket, Key: "wrong", Body: "x", ...wrong };
      await expect(client.send(new PutObjectCommand(put))).rejects.toMatchObject({ name: "BadDigest" });
    }
    await expect(client.send(new GetObjectCommand({ Bucket, Key: "wrong" }))).rejects.toMatchObject({
      name: "NoSuchKey",
    });
  });

  it("lists by continuation tokens, encoded or not, and deletes many", async () => {
    const keys = ["l/1 +%", "l/2&<", "l/3", "l/4"];
    for (const Key of keys) await client.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
    const found: string[] = [];
    let token: string | undefined;
    do {
      const page = { Bucket, Prefix: "l/", MaxKeys: 3, ContinuationToken: token };
      const output = await client.send(new ListObjectsV2Command(page));
      found.push(...(output.Contents ?? []).map(({ Key = "" }) => Key));
      token = output.NextContinuationToken;
    } while (token !== undefined);
    expect(found).toEqual(keys);
    const Delete = { Objects: keys.map((Key) => ({ Key })) };
    const { Deleted = [] } = await client.send(new DeleteObjectsCommand({ Bucket, Delete }));
    expect(Deleted.map(({ Key }) => Key)).toEqual(keys);
    const { KeyCount } = await client.send(new ListObjectsV2Command({ Bucket, Prefix: "l/" }));
    expect(KeyCount).toBe(0);
  });

  it("refuses who does not sign", async () => {
    const unsigned = await fetch(`${server.endpoint}/${Bucket}/a`);
    expect(unsigned.status).toBe(403);
    expect(await unsigned.text()).toContain("<Code>AccessDenied</Code>");
  });
});

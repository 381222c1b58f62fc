import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
  UploadPartCommand,
} from "@aws-sdk/client-s3";

/** Where the server of a benchmark is. */
export interface S3Address {
  readonly endpoint: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface BareS3Options {
  /** Whether bodies travel with a checksum, as the SDK does it where nothing is said. */
  readonly hasChecksums: boolean;
  readonly partBytes: number;
  readonly partsInFlight: number;
}

/** What a benchmark asks of the SDK, with nothing around it. */
export interface BareS3 {
  put(key: string, body: Uint8Array): Promise<void>;
  putInParts(key: string, body: Uint8Array): Promise<void>;
  get(key: string): Promise<AsyncIterable<Uint8Array>>;
  close(): void;
}

/** The SDK's own client, with retries, signatures and limits of connections as they come. */
export function openBareS3(address: S3Address, options: BareS3Options): BareS3 {
  const { endpoint, bucket: Bucket, accessKeyId, secretAccessKey } = address;
  const when = options.hasChecksums ? "WHEN_SUPPORTED" : "WHEN_REQUIRED";
  const config: S3ClientConfig = {
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId, secretAccessKey },
    forcePathStyle: true,
    requestChecksumCalculation: when,
    responseChecksumValidation: when,
  };
  const client = new S3Client(config);
  return {
    async put(Key, Body) {
      await client.send(new PutObjectCommand({ Bucket, Key, Body }));
    },

    async putInParts(Key, body) {
      const { partBytes, partsInFlight } = options;
      const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
      const Parts: { PartNumber: number; ETag: string | undefined }[] = [];
      const numbers = Array.from({ length: Math.ceil(body.length / partBytes) }, (_, i) => i + 1);
      await inLanes(partsInFlight, numbers, async (PartNumber) => {
        const Body = body.subarray((PartNumber - 1) * partBytes, PartNumber * partBytes);
        const part = new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body });
        const { ETag, ChecksumCRC32 } = await client.send(part);
        Parts[PartNumber - 1] = { PartNumber, ETag, ...(ChecksumCRC32 !== undefined && { ChecksumCRC32 }) };
      });
      const target = { Bucket, Key, UploadId, MultipartUpload: { Parts } };
      await client.send(new CompleteMultipartUploadCommand(target));
    },

    async get(Key) {
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
      return Body as unknown as AsyncIterable<Uint8Array>;
    },

    close() {
      client.destroy();
    },
  };
}

/** Does each of the items, so many at a time. */
export async function inLanes<Item>(
  count: number,
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < items.length) await work(items[next++]!);
  };
  await Promise.all(Array.from({ length: count }, lane));
}

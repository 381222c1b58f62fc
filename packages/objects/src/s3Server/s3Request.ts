import { decodeAwsChunked } from "./awsChunked.ts";
import { S3Refusal } from "./s3Answer.ts";
import { type Checksum, verifyChecksums } from "./s3Checksums.ts";
import type { S3Operation } from "./s3Fault.ts";

/** A request that has arrived whole. */
export interface S3Request {
  readonly method: string;
  /** As it was sent, still encoded: what was signed. */
  readonly rawPath: string;
  readonly bucket: string;
  /** Empty where the bucket itself is meant. */
  readonly key: string;
  readonly query: ReadonlyMap<string, string>;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly sentBody: Buffer;
}

export function parseS3Request(
  method: string,
  target: string,
  headers: ReadonlyMap<string, string>,
  sentBody: Buffer,
): S3Request {
  const [rawPath = "", rawQuery = ""] = target.split(/\?(.*)/s, 2);
  const [, bucket = "", key = ""] = /^\/([^/]*)\/?(.*)$/s.exec(decodeURIComponent(rawPath)) ?? [];
  const pairs = rawQuery === "" ? [] : rawQuery.split("&").map((pair) => pair.split(/=(.*)/s, 2));
  const query = new Map(
    pairs.map(([name = "", value = ""]) => [decodeURIComponent(name), decodeURIComponent(value)] as const),
  );
  return { method, rawPath, bucket, key, query, headers, sentBody };
}

export function operationOf({ method, key, query }: S3Request): S3Operation {
  const isPart = query.has("uploadId");
  if (key === "") {
    if (method === "GET" && query.get("list-type") === "2") return "ListObjectsV2";
    if (method === "GET" && query.has("uploads")) return "ListMultipartUploads";
    if (method === "POST" && query.has("delete")) return "DeleteObjects";
  } else if (method === "PUT") {
    return isPart ? "UploadPart" : "PutObject";
  } else if (method === "GET") {
    return isPart ? "ListParts" : "GetObject";
  } else if (method === "HEAD") {
    return "HeadObject";
  } else if (method === "DELETE") {
    return isPart ? "AbortMultipartUpload" : "DeleteObject";
  } else if (method === "POST") {
    if (query.has("uploads")) return "CreateMultipartUpload";
    if (isPart) return "CompleteMultipartUpload";
  }
  throw new S3Refusal(501, "NotImplemented");
}

export interface S3Content {
  readonly bytes: Uint8Array;
  readonly checksum: Checksum | undefined;
}

/** The body as the client means it, its checksums verified. */
export function contentOf({ headers, sentBody }: S3Request): S3Content {
  if (!(headers.get("x-amz-content-sha256") ?? "").startsWith("STREAMING-")) {
    return { bytes: sentBody, checksum: verifyChecksums(sentBody, headers) };
  }
  const decodedBytes = Number(headers.get("x-amz-decoded-content-length"));
  const { bytes, trailers } = decodeAwsChunked(sentBody, decodedBytes);
  const announced = headers.get("x-amz-trailer");
  if (announced !== undefined && !trailers.has(announced)) throw new S3Refusal(400, "MalformedTrailerError");
  return { bytes, checksum: verifyChecksums(bytes, new Map([...headers, ...trailers])) };
}

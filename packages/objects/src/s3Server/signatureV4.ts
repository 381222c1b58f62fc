import { createHash, createHmac } from "node:crypto";
import { S3Refusal } from "./s3Answer.ts";
import type { S3Request } from "./s3Request.ts";

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const sha256 = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");
const hmac = (key: string | Buffer, data: string): Buffer => createHmac("sha256", key).update(data).digest();

/**
 * AWS Signature Version 4 in the Authorization header, and the hash of a body that was sent in one piece. Signatures of
 * single chunks are not looked at.
 */
export function verifySignature(request: S3Request, credentials: S3Credentials): void {
  const authorization = request.headers.get("authorization");
  if (authorization === undefined) throw new S3Refusal(403, "AccessDenied", "requests must be signed");
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
      authorization,
    );
  if (match === null) throw new S3Refusal(400, "AuthorizationHeaderMalformed");
  const [, keyId = "", date = "", region = "", signedHeaders = "", signature = ""] = match;
  if (keyId !== credentials.accessKeyId) throw new S3Refusal(403, "InvalidAccessKeyId");
  const scope = `${date}/${region}/s3/aws4_request`;
  const toSign = [
    "AWS4-HMAC-SHA256",
    request.headers.get("x-amz-date") ?? "",
    scope,
    sha256(canonicalRequest(request, signedHeaders)),
  ].join("\n");
  const key = [date, region, "s3", "aws4_request"].reduce<Buffer | string>(
    hmac,
    `AWS4${credentials.secretAccessKey}`,
  );
  if (hmac(key, toSign).toString("hex") !== signature) throw new S3Refusal(403, "SignatureDoesNotMatch");
  const contentHash = request.headers.get("x-amz-content-sha256") ?? "";
  if (/^[0-9a-f]{64}$/.test(contentHash) && contentHash !== sha256(request.sentBody)) {
    throw new S3Refusal(400, "XAmzContentSHA256Mismatch");
  }
}

function canonicalRequest({ method, rawPath, query, headers }: S3Request, signedHeaders: string): string {
  const sortedQuery = [...query]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join("&");
  const lines = signedHeaders.split(";").map((name) => `${name}:${(headers.get(name) ?? "").trim()}\n`);
  const contentHash = headers.get("x-amz-content-sha256") ?? "";
  return [method, rawPath, sortedQuery, lines.join(""), signedHeaders, contentHash].join("\n");
}

/** RFC 3986, which `encodeURIComponent` leaves a few characters short of. */
const encode = (text: string): string =>
  encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`,
  );

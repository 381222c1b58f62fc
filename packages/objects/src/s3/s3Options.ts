import { invalidArgument, type Random } from "@akidb/base";
import type { RetryOptions } from "../retry/retryOptions.ts";
import type { S3Encryption } from "./s3Encryption.ts";

export interface S3ObjectStoreOptions {
  readonly bucket: string;
  /** Put before every key, with a slash between. */
  readonly prefix?: string;
  /** URL of a store that is not AWS: MinIO, Ceph, R2, … */
  readonly endpoint?: string;
  /** Without it: what the environment or the profile says; with an endpoint, `us-east-1`. */
  readonly region?: string;
  /** Without both: environment, profile, web identity, container or instance role, in the SDK's order. */
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  /** `endpoint/bucket/key` and not `bucket.endpoint/key`, as most stores but AWS want it. */
  readonly forcePathStyle?: boolean;
  readonly encryption?: S3Encryption;
  readonly random: Random;
  /** Over {@link retryDefaults}. */
  readonly retry?: Partial<Omit<RetryOptions, "random">>;
  /** Of one attempt; 5,000 by default. */
  readonly connectTimeoutMs?: number;
  /** An attempt over whose connection nothing moves for so long has failed; 20,000 by default. */
  readonly idleTimeoutMs?: number;
}

/** @throws AkiDbError `invalid_argument`, in the names of the configuration */
export function checkS3Options({
  bucket,
  prefix,
  endpoint,
  accessKeyId,
  secretAccessKey,
}: S3ObjectStoreOptions): void {
  if (!/^[a-zA-Z0-9][a-zA-Z0-9._-]{1,253}[a-zA-Z0-9]$/.test(bucket)) {
    throw invalidArgument(
      "bucket",
      "must be the name of a bucket: 3 or more letters, digits, dots and hyphens",
    );
  }
  if (prefix !== undefined && Buffer.byteLength(prefix) > 256) {
    throw invalidArgument("prefix", "must have at most 256 bytes");
  }
  if (endpoint !== undefined && !/^https?:$/.test(URL.parse(endpoint)?.protocol ?? "")) {
    throw invalidArgument("endpoint", "must be a URL that begins with http:// or https://");
  }
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined)) {
    const missing = accessKeyId === undefined ? "access_key_id" : "secret_access_key";
    throw invalidArgument(missing, "must be given where the other half of the credentials is");
  }
}

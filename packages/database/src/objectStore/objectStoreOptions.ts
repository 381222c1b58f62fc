/** Where snapshots, archives and backups are kept, in the terms of the configuration's section `object_store`. */
export interface ObjectStoreOptions {
  /** `local` (a folder) if absent; `memory` keeps nothing beyond the process. */
  readonly kind?: "local" | "s3" | "memory";
  /** Of S3, or the folder's path; `objects` in the data directory if absent. */
  readonly bucket?: string | undefined;
  /** What every object's name in the bucket begins with, a slash between. */
  readonly prefix?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly region?: string | undefined;
  readonly accessKeyId?: string | undefined;
  readonly secretAccessKey?: string | undefined;
  readonly forcePathStyle?: boolean;
  /** `AES256`, `aws:kms` or `aws:kms:` and a key. */
  readonly sse?: string | undefined;
}

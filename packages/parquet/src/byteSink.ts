/** Where a file's bytes go, in order; the caller owns the file. */
export interface ByteSink {
  /** The bytes may be reused once this has resolved. */
  append(bytes: Uint8Array): void | Promise<void>;
}

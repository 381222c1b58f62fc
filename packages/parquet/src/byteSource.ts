/** Where a file's bytes come from; the caller owns the file. */
export interface ByteSource {
  readonly byteLength: number;
  /** Resolves with `length` bytes, or with fewer where the file ends. They are not changed afterwards. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

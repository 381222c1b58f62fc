import type { Compression } from "@akidb/engine";

export interface SnapshotOptions {
  /** Of the documents' file. */
  readonly compression: Compression;
}

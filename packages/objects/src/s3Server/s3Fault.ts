/** What a request is, in the words of S3's API reference, as far as this server knows them. */
export type S3Operation =
  | "PutObject"
  | "GetObject"
  | "HeadObject"
  | "DeleteObject"
  | "DeleteObjects"
  | "ListObjectsV2"
  | "ListMultipartUploads"
  | "ListParts"
  | "CreateMultipartUpload"
  | "UploadPart"
  | "CompleteMultipartUpload"
  | "AbortMultipartUpload";

export type S3Failing =
  /** Answered with an error and not carried out. */
  | { readonly kind: "refuse"; readonly status: number; readonly code: string; readonly retryAfterS?: number }
  /** Carried out, then answered with an error. */
  | { readonly kind: "refuse after"; readonly status: number; readonly code: string }
  /** The connection is reset before anything is done. */
  | { readonly kind: "reset" }
  /** Carried out; the connection is reset instead of an answer. */
  | { readonly kind: "reset after" }
  /** The answer's body ends after so many bytes with the connection. */
  | { readonly kind: "cut"; readonly afterBytes: number }
  /** After so many bytes of the answer's body nothing more comes. */
  | { readonly kind: "stall"; readonly afterBytes: number }
  /** The bit at this offset of the answer's body is not what was stored. */
  | { readonly kind: "flip"; readonly atByte: number }
  /** The answer names another checksum than the body's. */
  | { readonly kind: "wrong checksum" }
  /** The answer comes later. */
  | { readonly kind: "delay"; readonly delayMs: number }
  /** A list as it was before the latest so many changes. */
  | { readonly kind: "stale"; readonly changes: number };

export interface S3Fault {
  readonly operation: S3Operation;
  readonly failing: S3Failing;
  /** How many requests it befalls; 1 by default. */
  readonly times?: number;
  /** Requests that pass unharmed before. */
  readonly skip?: number;
}

/** The faults still to come; each request takes the first that fits it. */
export class S3Faults {
  #pending: { fault: S3Fault; skip: number; times: number }[] = [];

  add(...faults: readonly S3Fault[]): void {
    for (const fault of faults) {
      this.#pending.push({ fault, skip: fault.skip ?? 0, times: fault.times ?? 1 });
    }
  }

  clear(): void {
    this.#pending = [];
  }

  take(operation: S3Operation): S3Failing | undefined {
    const next = this.#pending.find(({ fault, times }) => fault.operation === operation && times > 0);
    if (next === undefined) return undefined;
    if (next.skip > 0) {
      next.skip--;
      return undefined;
    }
    next.times--;
    return next.fault.failing;
  }
}

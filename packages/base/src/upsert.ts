import type { ErrorCode, FieldViolation } from "./errors.ts";

export interface UpsertOptions {
  readonly atomic?: boolean;
}

export interface UpsertResult {
  readonly upsertedCount: number;
  /** One for each document, in their order. */
  readonly items: readonly UpsertItem[];
}

export type UpsertItem =
  | {
      readonly ok: true;
      /** Of a document in chunks, the first chunk's, and so its version. */
      readonly id: string;
      readonly version: number;
      /** Of a document in chunks alone. */
      readonly chunkCount?: number;
    }
  | {
      readonly ok: false;
      readonly code: ErrorCode;
      readonly detail: string;
      readonly violations: readonly FieldViolation[];
    };

export interface IngestOptions {
  /** 1..10,000; 500 if absent. Large documents end a batch early. */
  readonly batchDocuments?: number;
}

/** Of all batches so far, and what was wrong with the latest. */
export interface IngestProgress {
  readonly upsertedCount: number;
  readonly failedCount: number;
  readonly failures: readonly IngestFailure[];
}

/** A document that was refused, the others not. */
export interface IngestFailure {
  /** Of the document, as it came, from 0 on. */
  readonly index: number;
  readonly code: ErrorCode;
  readonly detail: string;
  readonly violations: readonly FieldViolation[];
}

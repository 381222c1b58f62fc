import type { Deadline } from "@akidb/base";
import type { S3Client } from "@aws-sdk/client-s3";
import { retrying } from "../retry/retrying.ts";
import type { RetryOptions } from "../retry/retryOptions.ts";
import type { Slots } from "../slots.ts";
import type { S3Encryption } from "./s3Encryption.ts";
import { translateS3Error } from "./translateS3Error.ts";

/** The SDK as it was loaded, when it was first needed. */
export type S3Sdk = typeof import("@aws-sdk/client-s3");

/** What all operations on one bucket share. */
export interface S3Session {
  readonly sdk: S3Sdk;
  readonly client: S3Client;
  readonly bucket: string;
  readonly encryption: S3Encryption | undefined;
  readonly retry: RetryOptions;
  /** Parts in memory and on their way. */
  readonly partSlots: Slots;
  /** Ids of uploads in parts that are under way. */
  readonly openUploads: Set<string>;
  /** The name in the bucket: prefix and key. */
  readonly nameOf: (key: string) => string;
}

export interface S3Call {
  readonly operation: string;
  /** For messages: `the object "a"`. */
  readonly what: string;
  readonly deadline: Deadline | undefined;
}

/** One attempt; whatever it fails with is an `AkiDbError`. */
export async function attempt<Output>(
  { what, deadline }: S3Call,
  send: (options: { readonly abortSignal?: AbortSignal }) => Promise<Output>,
): Promise<Output> {
  deadline?.check();
  try {
    return await send(deadline === undefined ? {} : { abortSignal: deadline.signal });
  } catch (error) {
    deadline?.check();
    throw translateS3Error(what, error);
  }
}

/** As many attempts as the session allows. */
export const request = <Output>(
  { retry }: S3Session,
  call: S3Call,
  send: (options: { readonly abortSignal?: AbortSignal }) => Promise<Output>,
): Promise<Output> => retrying(retry, call, () => attempt(call, send));

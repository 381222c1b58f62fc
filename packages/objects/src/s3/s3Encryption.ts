import { invalidArgument } from "@akidb/base";

/** How the store encrypts at rest: with its own key, or with one of its key management service. */
export type S3Encryption =
  | { readonly algorithm: "AES256" }
  /** Without a key: the account's default key. */
  | { readonly algorithm: "aws:kms"; readonly keyId?: string };

/**
 * `AES256`, `aws:kms` or `aws:kms:` and the key's id, alias or ARN, as an operator writes it.
 *
 * @param path the option's name, for the error
 */
export function parseS3Encryption(text: string, path: string): S3Encryption {
  if (text === "AES256") return { algorithm: text };
  const [, keyId] = /^aws:kms(?::(.+))?$/.exec(text) ?? [undefined, undefined];
  if (text === "aws:kms") return { algorithm: text };
  if (keyId !== undefined) return { algorithm: "aws:kms", keyId };
  throw invalidArgument(path, "must be AES256, aws:kms or aws:kms:<key id>");
}

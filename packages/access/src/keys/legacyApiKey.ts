import { createHash } from "node:crypto";

/** A key of AkiDB 1.x as its holder has it: of any shape, and known by its hash alone. */
export interface LegacyApiKey {
  /** SHA-256 of the whole key, as 1.x kept it. */
  readonly keyHash: Uint8Array;
}

/** JSON Web Tokens begin with the base64url of `{"`. */
const jsonWebToken = /^eyJ[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*$/;
const visible = /^[\x21-\x7e]+$/;

/** Of an access token, valid or not. */
export const looksLikeToken = (text: string): boolean => jsonWebToken.test(text);

/** Undefined for what is, or would be, a secret of this version: those are never looked for among legacy keys. */
export const parseLegacyApiKey = (text: string): LegacyApiKey | undefined =>
  visible.test(text) && !text.startsWith("akidb_") && !looksLikeToken(text)
    ? { keyHash: createHash("sha256").update(text).digest() }
    : undefined;

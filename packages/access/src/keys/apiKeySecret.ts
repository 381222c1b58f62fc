import { createHash } from "node:crypto";
import type { Random } from "@akidb/base";

/** A key as its holder has it, once: the server keeps its hash. */
export interface ApiKeySecret {
  /** `akidb_` and 43 characters of base64url. */
  readonly secret: string;
  readonly keyHash: Uint8Array;
  /** Its first characters, of which 36 bits are random: enough to tell keys apart, and of no use to guess the rest. */
  readonly prefix: string;
}

const keyPattern = /^akidb_[A-Za-z0-9_-]{43}$/;
const randomBytes = 32;
const prefixCharacters = "akidb_".length + 6;

export const makeApiKey = (random: Random): ApiKeySecret =>
  describeKey(`akidb_${Buffer.from(random.fill(new Uint8Array(randomBytes))).toString("base64url")}`);

/** Undefined for what cannot be a key, which nobody needs to look up. */
export const parseApiKey = (text: string): ApiKeySecret | undefined =>
  keyPattern.test(text) ? describeKey(text) : undefined;

/**
 * Plain SHA-256 does for 256 random bits: there is nothing to guess, and a look-up by hash in an index compares in no time
 * that depends on the secret.
 */
const describeKey = (secret: string): ApiKeySecret => ({
  secret,
  keyHash: createHash("sha256").update(secret).digest(),
  prefix: secret.slice(0, prefixCharacters),
});

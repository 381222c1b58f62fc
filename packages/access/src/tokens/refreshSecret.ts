import { createHash } from "node:crypto";
import type { Random } from "@akidb/base";

/** A refresh token as its holder has it, once: the server keeps its hash. */
export interface RefreshSecret {
  /** `akidb_rt_` and 43 characters of base64url. */
  readonly token: string;
  readonly tokenHash: Uint8Array;
}

const tokenPattern = /^akidb_rt_[A-Za-z0-9_-]{43}$/;
const randomBytes = 32;

export const makeRefreshToken = (random: Random): RefreshSecret =>
  describeToken(`akidb_rt_${Buffer.from(random.fill(new Uint8Array(randomBytes))).toString("base64url")}`);

/** Undefined for what cannot be one. */
export const parseRefreshToken = (text: string): RefreshSecret | undefined =>
  tokenPattern.test(text) ? describeToken(text) : undefined;

const describeToken = (token: string): RefreshSecret => ({
  token,
  tokenHash: createHash("sha256").update(token).digest(),
});

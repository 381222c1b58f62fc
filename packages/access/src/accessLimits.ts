import { assert } from "@akidb/base";

/** Fixed limits of who may come in. */
export const accessLimits = {
  passwordCharactersMin: 12,
  /** Of its UTF-8: what is hashed costs its sender as much as the server. */
  passwordBytesMax: 1_024,
  passwordDistinctCharactersMin: 5,
  /** Of a key or a token as it is presented. */
  credentialCharactersMax: 4_096,
  /** Hashes computed at once: each takes a thread of the pool and 19 MiB for some 30 ms. */
  passwordHashesMax: 2,
  /** Logins that wait for a hash; beyond it one is refused with `unavailable`. */
  passwordHashQueueMax: 64,
  /** Accounts and addresses whose failed logins are remembered; the ones that failed longest ago are forgotten first. */
  throttledMax: 100_000,
  /** Of a tenant's identifier and an e-mail. */
  throttledNameCharactersMax: 300,
  /** Policies that stay compiled, 4 KB each; one in two sets counts twice. */
  compiledPoliciesMax: 20_000,
  /** Decisions that stay in memory, about 1 KB each. */
  cachedDecisionsMax: 20_000,
  /** Tenants whose policies stay in memory. */
  cachedTenantsMax: 1_000,
  accessTokenLifetimeMs: 15 * 60_000,
  refreshTokenLifetimeMs: 7 * 86_400_000,
  /** However often it is refreshed. */
  sessionLifetimeMs: 30 * 86_400_000,
} as const;

assert(
  accessLimits.accessTokenLifetimeMs < accessLimits.refreshTokenLifetimeMs &&
    accessLimits.refreshTokenLifetimeMs <= accessLimits.sessionLifetimeMs,
  "a session outlives its refresh tokens, and those its access tokens",
);

import { AkiDbError, type Clock } from "@akidb/base";
import { accessLimits } from "../accessLimits.ts";
import { networkOf } from "./networkOf.ts";

/** Whom an attempt concerns, and where it comes from. */
export interface LoginAttempt {
  /** The tenant and the e-mail as it was typed, whether there is such an account or not. */
  readonly account: string;
  /** Null where nobody knows. */
  readonly address: string | null;
}

interface Failures {
  readonly count: number;
  readonly lastMs: number;
}

interface ThrottleRule {
  /** Failures before the first wait. */
  readonly freeFailures: number;
  readonly waitMsMax: number;
}

/** Somebody forgets a password; a program tries a list. Many share one address behind a router. */
const accountRule: ThrottleRule = { freeFailures: 5, waitMsMax: 15 * 60_000 };
const addressRule: ThrottleRule = { freeFailures: 30, waitMsMax: 15 * 60_000 };
const firstWaitMs = 1_000;
/** Without another failure for so long, all are forgotten. */
const forgottenAfterMs = 60 * 60_000;

/**
 * Failed logins of an account and of an address make the next ones wait, each twice as long as the one before. A try counts
 * as failed from its beginning until it is known to be right: many at once are no way around. Addresses of IPv6 count as one
 * that one caller may have at the same time.
 */
export class LoginThrottle {
  readonly #clock: Clock;
  /** Those that failed longest ago first. */
  readonly #failures = new Map<string, Failures>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @throws AkiDbError `rate_limited`, in which case the try does not count */
  begin(attempt: LoginAttempt): void {
    const nowMs = this.#clock.monotonicMs();
    const subjects = subjectsOf(attempt);
    const waitMs = Math.max(...subjects.map(({ key, rule }) => this.#waitMs(key, rule, nowMs)));
    if (waitMs > 0) {
      throw new AkiDbError("rate_limited", "too many failed logins: wait before the next one", {
        retryAfterMs: Math.ceil(waitMs),
      });
    }
    for (const { key } of subjects) this.#count(key, nowMs);
  }

  /** The password was right: the account's failures are forgotten, and the address has one fewer. */
  succeeded(attempt: LoginAttempt): void {
    this.withdraw(attempt);
    for (const { key, isAccount } of subjectsOf(attempt)) if (isAccount) this.#failures.delete(key);
  }

  /** Nobody knows whether the password was right: as if there had been no try. */
  withdraw(attempt: LoginAttempt): void {
    for (const { key } of subjectsOf(attempt)) {
      const failures = this.#failures.get(key);
      if (failures === undefined) continue;
      if (failures.count <= 1) this.#failures.delete(key);
      else this.#failures.set(key, { ...failures, count: failures.count - 1 });
    }
  }

  #waitMs(key: string, { freeFailures, waitMsMax }: ThrottleRule, nowMs: number): number {
    const failures = this.#failures.get(key);
    if (failures === undefined || nowMs - failures.lastMs >= forgottenAfterMs) return 0;
    if (failures.count < freeFailures) return 0;
    const waitMs = Math.min(waitMsMax, firstWaitMs * 2 ** (failures.count - freeFailures));
    return Math.max(0, failures.lastMs + waitMs - nowMs);
  }

  #count(key: string, nowMs: number): void {
    const before = this.#failures.get(key);
    const count = before === undefined || nowMs - before.lastMs >= forgottenAfterMs ? 0 : before.count;
    this.#failures.delete(key);
    this.#failures.set(key, { count: count + 1, lastMs: nowMs });
    if (this.#failures.size <= accessLimits.throttledMax) return;
    const [oldest] = this.#failures.keys();
    if (oldest !== undefined) this.#failures.delete(oldest);
  }
}

interface ThrottledSubject {
  readonly key: string;
  readonly rule: ThrottleRule;
  readonly isAccount: boolean;
}

function subjectsOf({ account, address }: LoginAttempt): readonly ThrottledSubject[] {
  // No account has a longer name, and what is kept of a try is not for its sender to choose.
  const name = account.slice(0, accessLimits.throttledNameCharactersMax).toLowerCase();
  const ofAccount = { key: `account ${name}`, rule: accountRule, isAccount: true };
  if (address === null) return [ofAccount];
  return [ofAccount, { key: `address ${networkOf(address)}`, rule: addressRule, isAccount: false }];
}

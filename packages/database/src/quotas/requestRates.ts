import type { Principal } from "@akidb/access";
import { AkiDbError, type Clock, type TenantId } from "@akidb/base";
import { RequestCount } from "./requestCount.ts";
import type { TenantQuotas } from "./tenantQuotas.ts";
import { TokenBucket } from "./tokenBucket.ts";

/** Whether a request goes on, and what its caller is to know of its tenant's rate. */
export interface Admission {
  /** Undefined where the request goes on: otherwise `rate_limited`. */
  readonly refusal: AkiDbError | undefined;
  /** Requests per second, and the most at once. */
  readonly limit: number;
  /** That would go on now. */
  readonly remaining: number;
  /** Until as many as `limit` would. */
  readonly resetMs: number;
}

interface TenantRate {
  readonly bucket: TokenBucket;
  readonly count: RequestCount;
}

/** Beyond it, tenants that have been quiet for a minute are forgotten: they come back as they left. */
const tenantsKept = 10_000;

/** How often each tenant asks, and whether it may: one request takes one token, whatever is in it. */
export class RequestRates {
  readonly #quotas: TenantQuotas;
  readonly #clock: Clock;
  readonly #rates = new Map<TenantId, TenantRate>();
  #forgetAt = tenantsKept;

  constructor(quotas: TenantQuotas, clock: Clock) {
    this.#quotas = quotas;
    this.#clock = clock;
  }

  /**
   * @returns undefined for whoever needs no credentials, and so owns the machine: there is nobody to be protected from
   *
   * Rejects with `not_found` for a tenant that is gone.
   */
  async admit({ tenantId, kind }: Principal): Promise<Admission | undefined> {
    const { requestsPerSecond: limit } = await this.#quotasOf(tenantId);
    const { bucket, count } = this.#rateOf(tenantId);
    const nowMs = this.#clock.monotonicMs();
    count.note(nowMs);
    if (kind === "local" || kind === "owner") return undefined;
    const waitMs = bucket.take(nowMs, limit);
    return {
      refusal: waitMs === 0 ? undefined : rateLimited(limit, waitMs),
      limit,
      remaining: bucket.remaining(nowMs, limit),
      resetMs: bucket.msUntilFull(nowMs, limit),
    };
  }

  /**
   * For what goes on within a request that is long: it is slowed down, not cut off.
   *
   * @returns milliseconds to wait
   */
  async pace({ tenantId, kind }: Principal): Promise<number> {
    if (kind === "local" || kind === "owner") return 0;
    const { requestsPerSecond } = await this.#quotasOf(tenantId);
    return this.#rateOf(tenantId).bucket.owe(this.#clock.monotonicMs(), requestsPerSecond);
  }

  /** Requests that came, refused ones, too: mean of the last minute. */
  perSecond(tenantId: TenantId): number {
    return this.#rates.get(tenantId)?.count.perSecond(this.#clock.monotonicMs()) ?? 0;
  }

  #quotasOf(tenantId: TenantId) {
    return this.#quotas.peek(tenantId) ?? this.#quotas.of(tenantId);
  }

  #rateOf(tenantId: TenantId): TenantRate {
    const known = this.#rates.get(tenantId);
    if (known !== undefined) return known;
    if (this.#rates.size >= this.#forgetAt) this.#forgetQuiet();
    const nowMs = this.#clock.monotonicMs();
    const rate = { bucket: new TokenBucket(nowMs), count: new RequestCount(nowMs) };
    this.#rates.set(tenantId, rate);
    return rate;
  }

  #forgetQuiet(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [tenantId, { count }] of this.#rates) {
      if (count.perSecond(nowMs) === 0) this.#rates.delete(tenantId);
    }
    // Where most are busy, it is not worth to look again at each new one.
    this.#forgetAt = Math.max(tenantsKept, 2 * this.#rates.size);
  }
}

const rateLimited = (limit: number, retryAfterMs: number): AkiDbError =>
  new AkiDbError("rate_limited", `the tenant may send ${limit} requests per second (its qps_quota)`, {
    retryAfterMs,
  });
